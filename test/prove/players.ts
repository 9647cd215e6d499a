import { connect, EVENT, type GameClient } from '../../src/client/index.ts'
import type { Owner, TestServer } from '../helpers/server.ts'

/** Players of one room. */
const IN_ROOM = 50
/** So many connect at once. */
const AT_ONCE = 100

/** Who plays, what they heard, in order, and what became of their connection. */
export class Player {
  readonly name: string
  readonly room: string
  readonly client: GameClient
  readonly heard: number[] = []
  /** How often they were without a connection. */
  losses = 0

  constructor(name: string, room: string, client: GameClient) {
    this.name = name
    this.room = room
    this.client = client
    client.on('status', ({ status }) => {
      if (status === 'reconnecting') this.losses++
    })
  }
}

/** What is said in the proofs: its number, and when. */
export interface Said {
  readonly n: number
  readonly atMs: number
}

/** Connects them, both encodings, fifty to a room. `note` is given how old each event was. */
export async function gather(
  owner: Owner,
  server: TestServer,
  count: number,
  note: (latencyMs: number) => void = () => {},
): Promise<readonly Player[]> {
  const open = async (i: number): Promise<Player> => {
    const name = `player-${i}`
    const client = await connect({
      url: server.url,
      namespace: 'private',
      token: () => server.mint(name),
      encoding: i % 2 === 0 ? 'json' : 'msgpack',
      reconnect: { baseMs: 50, maxMs: 500 },
    })
    const player = new Player(name, `room-${i % Math.ceil(count / IN_ROOM)}`, client)
    client.on(EVENT.broadcast, ({ payload }) => {
      const { n, atMs } = payload.message as unknown as Said
      player.heard.push(n)
      note(performance.now() - atMs)
    })
    await client.join(player.room)
    return player
  }
  const players: Player[] = []
  owner.teardown(() => players.forEach(({ client }) => client.close()))
  for (let i = 0; i < count; i += AT_ONCE) {
    const some = Array.from({ length: Math.min(AT_ONCE, count - i) }, (_, k) => open(i + k))
    players.push(...(await Promise.all(some)))
  }
  return players
}

/** Calls `act` that many times a second; what it gives stops that, and resolves with how often, when the last one has ended. */
export function atRate(perSecond: number, act: (n: number) => Promise<void>): () => Promise<number> {
  let n = 0
  const underWay = new Set<Promise<void>>()
  const startedMs = performance.now()
  const timer = setInterval(() => {
    const due = ((performance.now() - startedMs) / 1000) * perSecond
    while (n < due) {
      const one = act(n++)
      underWay.add(one)
      void one.finally(() => underWay.delete(one))
    }
  }, 5)
  return async () => {
    clearInterval(timer)
    await Promise.all(underWay)
    return n
  }
}
