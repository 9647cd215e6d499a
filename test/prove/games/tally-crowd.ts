import { setTimeout as sleep } from 'node:timers/promises'
import type { Test } from 'tap'
import type { TestServer } from '../../helpers/server.ts'
import { until } from '../../helpers/until.ts'
import { percentile } from '../../helpers/percentile.ts'
import { encodingOf, gameFile, LOAD_ENV, openLibraryClient } from './crowd.ts'
import { ReturningPlayer, type Seen } from './returning-player.ts'
import type tally from './tally-game.ts'

const SEATS = 4
/** By then what a host had said before a fault has long been read. */
const STATES_SEEN = 4

/** A server that plays `tally` in two hosts. */
export const TALLY_ENV = { ...LOAD_ENV, WORKERS: '2', GAME_HOSTS: '2', GAMES: gameFile('tally') }

/** Players of `tally`, four to a room, who play on whatever happens to the server. */
export class TallyCrowd {
  readonly players: readonly ReturningPlayer[]
  readonly rooms: readonly string[]
  readonly #server: TestServer
  readonly #seen: Seen
  #plays = true
  readonly #played: Promise<unknown>

  private constructor(server: TestServer, players: readonly ReturningPlayer[], seen: Seen) {
    this.#server = server
    this.players = players
    this.rooms = [...new Set(players.map(({ room }) => room.id))]
    this.#seen = seen
    this.#played = Promise.all(players.map((player) => player.play(() => this.#plays)))
  }

  /** Half of the players read JSON, the others msgpack. They play from here on. */
  static async open(t: Test, server: TestServer, count: number): Promise<TallyCrowd> {
    const seen: Seen = new Map()
    const players: ReturningPlayer[] = []
    for (let i = 0; i < count; i++) {
      const user = `player-${i}`
      const client = await openLibraryClient(t, server, user, encodingOf(i))
      players.push(new ReturningPlayer(user, client, await client.play<typeof tally>('tally'), seen))
    }
    const crowd = new TallyCrowd(server, players, seen)
    t.teardown(() => (crowd.#plays = false))
    t.equal(crowd.rooms.length, Math.ceil(count / SEATS))
    return crowd
  }

  /**
   * Does something to the server and waits until each player has seen that its room goes on. Resolves to the longest time for which
   * each of them saw no state meanwhile, in milliseconds.
   */
  async under(fault: () => Promise<unknown>): Promise<ReadonlyMap<ReturningPlayer, number>> {
    for (const player of this.players) player.takeGap()
    const before = new Map(this.players.map((player) => [player, player.states]))
    await fault()
    await until(() => this.players.every((player) => player.states > (before.get(player) ?? 0) + STATES_SEEN))
    for (const player of this.players) player.look()
    return new Map(this.players.map((player) => [player, player.takeGap()]))
  }

  /** Ends the play. Says what was counted; fails for all that was lost, doubled, or another state than somebody else saw, and for a replay that came to another state. */
  async end(t: Test): Promise<void> {
    this.#plays = false
    await this.#played
    await sleep(1_000)
    for (const player of this.players) player.look()
    const sum = (count: (player: ReturningPlayer) => number) => this.players.reduce((all, each) => all + count(each), 0)
    t.comment(
      `${sum(({ sent }) => sent)} inputs, ${sum(({ done }) => done)} acknowledged, ${sum(({ unknown }) => unknown)} with an unknown outcome; ` +
        `${sum(({ states }) => states)} states seen of ${this.#seen.size} ticks`,
    )
    const wrong = this.players.flatMap((player) => player.wrong)
    t.strictSame(wrong.slice(0, 10), [], `${wrong.length} wrong`)
    t.strictSame(
      this.#server.logs().filter(({ msg }) => String(msg).startsWith('a room came to another state')),
      [],
      'each replay came to the same hash',
    )
  }
}

export function describe(values: readonly number[]): string {
  const [p50, p99] = [percentile(values, 0.5), percentile(values, 0.99)].map(Math.round)
  return `p50 ${p50} ms, p99 ${p99} ms, max ${Math.round(Math.max(...values))} ms`
}
