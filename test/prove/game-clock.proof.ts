/**
 * `npm run prove -- game-clock`: ROOMS=20 for SECONDS=600 at 20 ticks a second. Tick n is n ticks after tick 0, by the machine's
 * monotonic clock and as the clients see it, give or take one; and no number is left out.
 */
import t from 'tap'
import { startServer } from '../helpers/server.ts'
import { holdsWithin } from '../helpers/until.ts'
import { encodingOf, gameFile, LOAD_ENV, openPlayers, openRooms, playAll } from './games/crowd.ts'
import type { WirePlayer } from './games/wire-player.ts'

const ROOMS = Number(process.env['ROOMS'] ?? 20)
const SECONDS = Number(process.env['SECONDS'] ?? 600)
const TICK_MS = 50
const TICKS = (SECONDS * 1000) / TICK_MS
/** A machine that is busy for a moment delays what arrives then: so the quickest of some ticks tell the time. */
const QUICKEST_OF = 40

t.setTimeout((SECONDS * 2 + 60) * 1000)

t.test(`tick ${TICKS} is at ${SECONDS} s`, async (t) => {
  const server = await startServer(t, { ...LOAD_ENV, GAMES: gameFile('steady'), GAME_HOSTS: '1' })
  const rooms = await openRooms(server, 'steady', ROOMS)
  const players = await openPlayers(
    t,
    rooms.map((room, r) => ({ server, name: `p-${r}`, room, encoding: encodingOf(r) })),
  )
  const clocks = players.map((player) => new RoomClock(player))
  const stopPlaying = playAll(players)
  await holdsWithin(() => clocks.every(({ count }) => count >= TICKS + QUICKEST_OF), SECONDS * 2_000)
  stopPlaying()

  t.ok(
    clocks.every(({ count }) => count >= TICKS + QUICKEST_OF),
    `valid: ${TICKS} ticks of each of ${ROOMS} rooms`,
  )
  t.ok(
    clocks.every(({ isWhole }) => isWhole),
    'every tick came, once and in order',
  )
  const elapsed = clocks.map((clock) => clock.elapsedMs())
  const [least, most] = [Math.min(...elapsed), Math.max(...elapsed)]
  t.comment(`${TICKS} ticks took ${(least / 1000).toFixed(3)} to ${(most / 1000).toFixed(3)} s`)
  t.ok(least >= SECONDS * 1000 - TICK_MS && most <= SECONDS * 1000 + TICK_MS, `${SECONDS} s, give or take a tick`)
})

/** When the ticks of a room arrived. */
class RoomClock {
  isWhole = true
  readonly #arrivedMs: number[] = []
  #last: number | undefined

  constructor(player: WirePlayer) {
    player.onPatch = ({ tick }) => {
      if (this.#last !== undefined && tick !== this.#last + 1) this.isWhole = false
      this.#last = tick
      this.#arrivedMs.push(performance.now())
    }
  }

  get count(): number {
    return this.#arrivedMs.length
  }

  /** From some tick to that which is TICKS later. */
  elapsedMs(): number {
    return SECONDS * 1000 + this.#aheadMs(TICKS) - this.#aheadMs(0)
  }

  /** How much later than its number says the quickest of some ticks was. */
  #aheadMs(from: number): number {
    const those = this.#arrivedMs.slice(from, from + QUICKEST_OF)
    return Math.min(...those.map((atMs, i) => atMs - (from + i) * TICK_MS))
  }
}
