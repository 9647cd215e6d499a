/**
 * `npm run prove -- games-moves`: MOVES=1000 of rooms to the other host, under PLAYERS=200 in 50 rooms of 20 ticks a second. No tick is lost, doubled or
 * out of order, each has one state whoever sees it, nothing that was acknowledged is lost, and players notice no more than one tick (p99).
 */
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { percentile } from '../helpers/percentile.ts'
import { startServer } from '../helpers/server.ts'
import { totalOf } from './server-vitals.ts'
import { describe, TALLY_ENV, TallyCrowd } from './games/tally-crowd.ts'

const MOVES = Number(process.env['MOVES'] ?? 1000)
const PLAYERS = Number(process.env['PLAYERS'] ?? 200)
/** Rooms that are moved at once. */
const AT_ONCE = 5
const PLAY_MS = 400
const TICK_MS = 50

t.setTimeout(3_600_000)

t.test(`${MOVES} moves of rooms under ${PLAYERS} players`, async (t) => {
  const server = await startServer(t, TALLY_ENV)
  const crowd = await TallyCrowd.open(t, server, PLAYERS)
  const movedMs: number[] = []
  const otherMs: number[] = []
  for (let first = 0; first < MOVES; first += AT_ONCE) {
    await sleep(PLAY_MS * (0.5 + Math.random()))
    const rooms = new Set(
      Array.from({ length: AT_ONCE }, (_, n) => crowd.rooms[(first + n) % crowd.rooms.length] ?? ''),
    )
    const move = (room: string) => server.admin('POST', `/api/v1/rooms/${room}/move`, {})
    const gaps = await crowd.under(() => Promise.all(Array.from(rooms, move)))
    for (const [{ room }, gapMs] of gaps) (rooms.has(room.id) ? movedMs : otherMs).push(gapMs)
  }
  await crowd.end(t)
  t.comment(`players of rooms that were moved were without a state for: ${describe(movedMs)}`)
  t.comment(`those of other rooms in the same time: ${describe(otherMs)}`)
  const moves = await totalOf(server, 'drumbeat_game_rooms_restored_total')
  t.equal(moves, MOVES, 'valid: each room was moved')
  const costMs = percentile(movedMs, 0.99) - percentile(otherMs, 0.99)
  t.ok(costMs <= TICK_MS, `p99 is ${Math.round(costMs)} ms above that of other rooms: at most a tick`)
})
