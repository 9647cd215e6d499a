import { EVENT, type GameClient } from '../../../src/client/index.ts'
import { openClient, type TestClient } from '../../helpers/client.ts'
import { realTime } from '../../helpers/real-time.ts'
import type { Owner, TestServer } from '../../helpers/server.ts'
import { until } from '../../helpers/until.ts'

export const ROOM = 'arena'

/** 0 to n - 1 */
export function upTo(n: number): number[] {
  return Array.from({ length: n }, (_, i) => i)
}

/** The numbers that a client hears, as they come. */
export function hear(client: GameClient): number[] {
  const heard: number[] = []
  client.on(EVENT.broadcast, ({ payload }) => heard.push(Number(payload.message)))
  return heard
}

export async function heardAll(heard: readonly number[], count: number): Promise<void> {
  await until(() => heard.length >= count)
}

/** Counts aloud in the room, on a connection of its own that nothing happens to. */
export class Speaker {
  readonly #client: TestClient
  #next = 0

  constructor(client: TestClient) {
    this.#client = client
  }

  /** How many numbers were said. */
  get said(): number {
    return this.#next
  }

  /** Says so many, each when the one before was accepted. */
  async say(count: number, pauseMs = 0): Promise<void> {
    for (let i = 0; i < count; i++) {
      const { success, error } = await this.#client.request(EVENT.broadcast, { message: this.#next }, { room: ROOM })
      if (!success) throw new Error(`not accepted: ${error?.code}`)
      this.#next++
      if (pauseMs > 0) await realTime(pauseMs)
    }
  }
}

export async function openSpeaker(owner: Owner, server: TestServer): Promise<Speaker> {
  const client = await openClient(server, { token: server.mint('speaker') })
  owner.teardown(() => client.terminate())
  await client.request(EVENT.roomJoin, { room_id: ROOM })
  return new Speaker(client)
}
