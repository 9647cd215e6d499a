/**
 * `npm run prove -- games-kills`: KILLS=300 times SIGKILL for the host that has all rooms, under PLAYERS=200 in 50 rooms of 20 ticks a second.
 * Every input that was acknowledged is there, each tick has one state whoever sees it, and players see nothing for 500 ms at most (p99).
 */
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { percentile } from '../helpers/percentile.ts'
import { startServer } from '../helpers/server.ts'
import { killHost } from './games/node-processes.ts'
import { describe, TALLY_ENV, TallyCrowd } from './games/tally-crowd.ts'

const KILLS = Number(process.env['KILLS'] ?? 300)
const PLAYERS = Number(process.env['PLAYERS'] ?? 200)
/** On average. A host that replaced another one listens by then. */
const PLAY_MS = 2_000
const GAP_MS_MAX = 500

t.setTimeout(3_600_000)

t.test(`${KILLS} deaths of hosts under ${PLAYERS} players`, async (t) => {
  const server = await startServer(t, TALLY_ENV)
  const crowd = await TallyCrowd.open(t, server, PLAYERS)
  const gapsMs: number[] = []
  for (let kill = 0; kill < KILLS; kill++) {
    await sleep(PLAY_MS * (0.5 + Math.random()))
    const gaps = await crowd.under(async () => killHost(server))
    gapsMs.push(...gaps.values())
  }
  await crowd.end(t)
  t.comment(`players were without a state for: ${describe(gapsMs)}`)
  const moved = server
    .logs()
    .filter(({ msg }) => msg === 'a host has ended: its rooms go to another one')
    .map(({ rooms }) => Number(rooms))
  t.comment(`${moved.length} hosts ended with ${moved.reduce((all, rooms) => all + rooms, 0)} rooms in all`)
  t.ok(percentile(gapsMs, 0.99) <= GAP_MS_MAX, `p99 within ${GAP_MS_MAX} ms`)
  t.ok(moved.length >= KILLS * 0.9, 'valid: hosts with rooms were killed')
})
