import { connect, DrumbeatError, type GameClient, type GameRoom } from '../../../src/client/index.ts'
import type { TypesOf } from '../../../src/games/define.ts'
import type { TestServer } from '../../helpers/server.ts'
import { Shopper } from '../../helpers/shopper.ts'
import type { SeenEnd } from '../match-checker.ts'
import type stakes from './stakes-game.ts'

type Stakes = TypesOf<typeof stakes>
type Room = GameRoom<Stakes>

/** A player who waits for longer tries another room: the other one is gone. */
const WAIT_MS_MAX = 20_000
const PAUSE_MS = 10
/** Matches in which something is bought, and how often at most. */
const BUYING_SHARE = 0.3
const PURCHASES_MAX = 3

/** Plays one match of `stakes` after the other by the client library, buys now and then, and writes down what it is told. */
export class Gambler {
  readonly ends: SeenEnd[] = []
  /** Rooms of which it was told that they are lost with the server, and those that it was told not to be in any more for another reason. */
  readonly lost = new Set<string>()
  readonly left = new Map<string, string>()
  /** By room: what it was paid, as the events say. */
  readonly paid = new Map<string, number[]>()
  readonly shopper: Shopper
  readonly #client: GameClient

  private constructor(client: GameClient, shopper: Shopper) {
    this.#client = client
    this.shopper = shopper
    client.on('core.game.room.reward', ({ payload: { room, amount } }) => {
      this.paid.set(room, [...(this.paid.get(room) ?? []), amount])
    })
  }

  static async open(server: TestServer, i: number): Promise<Gambler> {
    const user = `shopper-${i}`
    const client = await connect({
      url: server.url,
      namespace: 'private',
      token: () => server.mint(user),
      encoding: i % 2 === 0 ? 'json' : 'msgpack',
      reconnect: { baseMs: 50, maxMs: 500 },
    })
    return new Gambler(client, new Shopper(user, [server], i))
  }

  close(): void {
    this.#client.close()
    this.shopper.close()
  }

  async play(goOn: () => boolean): Promise<void> {
    while (goOn()) {
      const room = await this.#client.play<Stakes>('stakes').catch(() => undefined)
      if (!room) await sleep(PAUSE_MS)
      else await Promise.all([this.#playMatch(room, goOn), Math.random() < BUYING_SHARE && this.#buySome()])
    }
  }

  async #buySome(): Promise<void> {
    const count = 1 + Math.floor(Math.random() * PURCHASES_MAX)
    for (let i = 0; i < count; i++) await this.shopper.buy('skin', 1)
  }

  /** Resolves when the match is over for this player. */
  async #playMatch(room: Room, goOn: () => boolean): Promise<void> {
    const left = new AbortController()
    room.on(
      'status',
      ({ status, result, error }) => {
        if (status === 'over') this.ends.push({ room: room.id, result: result as SeenEnd['result'] })
        if (status !== 'left') return
        if (error?.details['why'] === 'lost') this.lost.add(room.id)
        else if (!room.isOver) this.left.set(room.id, error?.code ?? 'without an error')
        left.abort()
      },
      {},
    )
    const untilMs = performance.now() + WAIT_MS_MAX
    while (!left.signal.aborted && performance.now() < untilMs) {
      if (!goOn() && Object.keys(room.state.players).length < 2) break
      await room.send.go({}).catch((error: unknown) => {
        if (!(error instanceof DrumbeatError)) throw error
      })
      await sleep(PAUSE_MS)
    }
    // Nobody has come, or nobody answers: this one goes.
    if (!left.signal.aborted) await room.leave().catch(() => {})
  }
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
