/**
 * `npm run prove -- game-arenas`: ROOMS=50 of the sample arena with bots for MINUTES=30, in which players of the client library come and go, and
 * the console is open in Chromium all the while: a room of them with its state unfolded, another one every half minute. Passes if ticks
 * are late by less than one in 99 of 100 and, where it lasts for ten minutes or more, the memory of each process and of the page is flat.
 */
import { loadavg } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Page } from 'playwright-core'
import t from 'tap'
import { openChromium } from '../helpers/chromium.ts'
import { openConsole, shows } from '../helpers/console.ts'
import { startServer } from '../helpers/server.ts'
import { until } from '../helpers/until.ts'
import { between, quantileOf, readBuckets } from './games/histogram.ts'
import { ProcessWatch, runningProcesses } from './games/node-processes.ts'
import { PageWatch } from './games/page-watch.ts'
import { Tables } from './games/tables.ts'
import { totalOf } from './server-vitals.ts'
import { isGrowing, type Slope } from './slope.ts'

const ROOMS = Number(process.env['ROOMS'] ?? 50)
const MINUTES = Number(process.env['MINUTES'] ?? 30)
const SECONDS = MINUTES * 60
const HZ = 20
/** Everything is compiled by then, and all rooms are there. */
const WARM_S = Math.min(30, SECONDS / 4)
const LOOK_S = 30
/** Sessions, rooms that are over and the history are kept so long: only then can memory be flat. */
const HISTORY_S = Math.max(10, Math.round(SECONDS / 5))
const SLOPE_WARM_S = HISTORY_S + 90
/** Shorter runs tell of memory, and do not judge it. */
const JUDGED_S = 600
const GROWTH_PER_HOUR_MAX = 32 * 1024 * 1024
/** Of the load that was wanted: with less a run says nothing. */
const FLOOR = 0.9
const LATENESS = 'drumbeat_game_tick_lateness_seconds'
const mib = (bytes: number) => `${(bytes / 1024 ** 2).toFixed(1)} MiB`
const growth = (slope: Slope | undefined) =>
  slope === undefined ? '' : `, ${mib(slope.bytesPerHour)} an hour ± ${mib(slope.noisePerHour)}`

t.setTimeout((SECONDS + 240) * 1000)

t.test(`${ROOMS} arenas with bots and players who come and go, and the console open`, async (t) => {
  const games = `${import.meta.dirname}/../../src/samples/arena.ts`
  const server = await startServer(t, {
    GAMES: games,
    GAME_HOSTS: '1',
    WORKERS: '1',
    HISTORY_TTL: `${HISTORY_S}s`,
  })
  const browser = await openChromium(t)
  const tables = new Tables(server, ROOMS)
  const viewport = { width: 1280, height: 900 }
  const { page, wrong } = await openConsole(t, browser, server, {
    viewport,
    view: 'games',
    adminToken: server.adminToken,
  })
  await until(() => tables.rooms.filter(Boolean).length === ROOMS)
  await openRoom(page, tables.rooms[0] ?? '')
  await sleep(WARM_S * 1000)

  const look = async () => ({
    atMs: performance.now(),
    ticks: await total('drumbeat_game_ticks_total'),
    late: await total('drumbeat_game_late_ticks_total'),
    lateness: await readBuckets(server, LATENESS),
    updates: Number(await page.getAttribute('#plots', 'data-updates')),
  })
  const total = (name: string) => totalOf(server, name)
  const before = await look()
  const watch = new ProcessWatch(runningProcesses(server))
  const pageWatch = await PageWatch.open(page)
  const untilMs = performance.now() + SECONDS * 1000
  for (let i = 1; performance.now() < untilMs; i++) {
    await sleep(Math.min(LOOK_S * 1000, untilMs - performance.now()))
    await openRoom(page, tables.rooms[i % ROOMS] ?? '')
  }
  const uses = watch.stop(SLOPE_WARM_S)
  const pageUse = await pageWatch.stop(SLOPE_WARM_S)
  const after = await look()
  const tally = await tables.close()

  const seconds = (after.atMs - before.atMs) / 1000
  const ticks = after.ticks - before.ticks
  const lateness = between(before.lateness, after.lateness)
  const [p50, p99] = [0.5, 0.99].map((share) => quantileOf(lateness, share) * 1000) as [number, number]
  const lateShare = (after.late - before.late) / ticks
  t.comment(JSON.stringify({ ...tally, wrong: tally.wrong.length }))
  t.comment(
    `load of the machine ${loadavg()
      .map((one) => one.toFixed(1))
      .join(
        ', ',
      )}; lateness of ticks: p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms, ${(lateShare * 100).toFixed(2)} % by a tick or more`,
  )
  for (const { name, cpuShare, memoryBytes, slope } of uses)
    t.comment(`${name}: ${(cpuShare * 100).toFixed(0)} % of a core, ${mib(memoryBytes)}${growth(slope)}`)
  const { heapBytes, nodes, listeners } = pageUse
  t.comment(`the page: ${mib(heapBytes)}${growth(pageUse.slope)}, ${nodes} nodes, ${listeners} listeners`)

  const wanted = seconds * HZ * ROOMS
  t.ok(ticks >= wanted * FLOOR, `valid: ${ticks} ticks of ${Math.round(wanted)}`)
  t.ok(tally.over > 0 && tally.left > ROOMS / 2 && tally.cut > ROOMS / 4, 'valid: matches ended, players came and went')
  t.ok(tally.bots >= tally.rooms * 2, `valid: ${tally.bots} bots in ${tally.rooms} rooms`)
  const rate = (after.updates - before.updates) / (seconds / 60)
  t.ok(rate >= 50, `valid: the console looked ${rate.toFixed(0)} times a minute`)
  t.strictSame(tally.wrong.slice(0, 5), [], 'nobody met an error')
  // The room that is looked at ends now and then: a 404 is an error for the browser's console.
  t.strictSame(wrong.filter((text) => !text.includes('404')).slice(0, 5), [], 'no error in the page')
  t.ok(lateShare < 0.01 && p99 <= 1000 / HZ, 'lateness p99 is below one tick')
  if (SECONDS < JUDGED_S) return
  for (const { name, slope } of [...uses, { name: 'the page', slope: pageUse.slope }])
    if (slope) t.notOk(isGrowing(slope, GROWTH_PER_HOUR_MAX), `${name}: memory is flat`)
})

/** A room that has just ended is no mistake. */
async function openRoom(page: Page, room: string): Promise<void> {
  await page.evaluate(`location.hash = '#/games/${room}'`)
  await shows(page, '#play-title', new RegExp(`Room ${room}`))
  const ships = page.locator('#play-state li:has(> .line > .key:text-is("ships")) > [aria-expanded="false"]')
  if (await ships.isVisible()) await ships.click({ timeout: 1_000 }).catch(() => {})
}
