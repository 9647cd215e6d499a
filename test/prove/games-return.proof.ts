/**
 * `npm run prove -- games-return`: KILLS=12 times SIGKILL for the primary, and with it for the whole node, under PLAYERS=200 in 50 rooms of 20 ticks a second.
 * Every input that was acknowledged is there, each tick has one state whoever sees it, before a death or behind it, and rooms are back 3 s after the start.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { startServer, type TestServer } from '../helpers/server.ts'
import { until } from '../helpers/until.ts'
import { describe, TALLY_ENV, TallyCrowd } from './games/tally-crowd.ts'

const KILLS = Number(process.env['KILLS'] ?? 12)
const PLAYERS = Number(process.env['PLAYERS'] ?? 200)
/** How long they play between two deaths. */
const PLAY_MS = 4_000
const BACK_MS_MAX = 3_000
const BACK = 'rooms with games have come back'

t.setTimeout(3_600_000)

t.test(`${KILLS} deaths of the primary under ${PLAYERS} players`, async (t) => {
  const server = await startServer(t, TALLY_ENV)
  const crowd = await TallyCrowd.open(t, server, PLAYERS)
  const backMs: number[] = []
  const gapsMs: number[] = []
  for (let kill = 0; kill < KILLS; kill++) {
    await sleep(PLAY_MS * (0.5 + Math.random()))
    const gaps = await crowd.under(async () => {
      await server.kill()
      const startedMs = Date.now()
      await server.restart()
      t.ok(await until(() => backLines(server).length > kill), `back after death ${kill + 1}`)
      backMs.push(Date.parse(String(backLines(server).at(-1)?.['time'])) - startedMs)
    })
    gapsMs.push(...gaps.values())
  }
  await crowd.end(t)
  t.comment(`rooms were back after the start of the node: ${describe(backMs)}`)
  t.comment(`players were without a state for: ${describe(gapsMs)}, the death, its notice and the start included`)
  t.strictSame(
    backLines(server).map(({ rooms }) => rooms),
    Array.from({ length: KILLS }, () => crowd.rooms.length),
    'all rooms were back each time',
  )
  t.ok(Math.max(...backMs) <= BACK_MS_MAX, `within ${BACK_MS_MAX} ms`)
  t.ok(KILLS >= 10, 'valid: enough deaths')
})

function backLines(server: TestServer) {
  return server.logs().filter(({ msg }) => msg === BACK)
}
