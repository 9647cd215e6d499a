/**
 * `npm run prove -- console`: what an open console costs a server with CONNECTIONS=2000, at rest, and under RATE=300 broadcasts a second to a
 * room of some, and purchases: the CPU of all its processes over spans of SPAN_S=60 with the console open, less that of spans without it,
 * in turns. Writes bench/results/console.json and screenshots beside it.
 */
import { statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Page } from 'playwright-core'
import t from 'tap'
import { openChromium } from '../helpers/chromium.ts'
import { openClient } from '../helpers/client.ts'
import { openConsole } from '../helpers/console.ts'
import { startServer, type Owner, type TestServer } from '../helpers/server.ts'
import { atRate, gather } from './players.ts'
import { cpuSecondsOf, processesOf, totalOf } from './server-vitals.ts'

const CONNECTIONS = Number(process.env['CONNECTIONS'] ?? 2_000)
const RATE = Number(process.env['RATE'] ?? 300)
const SPAN_S = Number(process.env['SPAN_S'] ?? 60)
const PLAYERS = 20
const PURCHASES_PER_S = 20
const ROUNDS = 2
/** The page is loaded, or its last request answered. */
const SETTLE_MS = 3_000
const PERCENT_MAX = 5
const PICTURE_BYTES_MAX = 300_000
const RESULTS = join(import.meta.dirname, '../../bench/results')

/** Guests that only hold their connections. */
async function fill(owner: Owner, server: TestServer, count: number): Promise<void> {
  for (let i = 0; i < count; i += 50) {
    const some = Array.from({ length: Math.min(50, count - i) }, () => openClient(server))
    const clients = await Promise.all(some)
    owner.teardown(() => clients.forEach((client) => client.terminate()))
  }
}

/** What the server uses in a span, in percent of one core. */
async function measure(server: TestServer): Promise<number> {
  const used = () => processesOf(server).reduce((sum, process) => sum + cpuSecondsOf(process), 0)
  const [before, startedMs] = [used(), performance.now()]
  await sleep(SPAN_S * 1000)
  return ((used() - before) / ((performance.now() - startedMs) / 1000)) * 100
}

interface Comparison {
  /** Percent of a core, span by span. */
  readonly without: readonly number[]
  readonly withIt: readonly number[]
  readonly costPercent: number
  readonly updatesPerMinute: readonly number[]
}

/** Leaves the console open. */
async function compare(server: TestServer, page: Page): Promise<Comparison> {
  const without: number[] = []
  const withIt: number[] = []
  const updatesPerMinute: number[] = []
  const updates = async () => Number(await page.getAttribute('#plots', 'data-updates'))
  for (let round = 0; round < ROUNDS; round++) {
    await page.goto('about:blank')
    await sleep(SETTLE_MS)
    without.push(await measure(server))
    await page.goto(server.url)
    await sleep(SETTLE_MS)
    const [before, startedMs] = [await updates(), performance.now()]
    withIt.push(await measure(server))
    updatesPerMinute.push(((await updates()) - before) / ((performance.now() - startedMs) / 60_000))
  }
  return { without, withIt, costPercent: mean(withIt) - mean(without), updatesPerMinute }
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

async function takePictures(page: Page): Promise<ReadonlyMap<string, number>> {
  const sizes = new Map<string, number>()
  for (const [name, colorScheme, width] of [
    ['light', 'light', 1440],
    ['dark', 'dark', 1440],
    ['small', 'light', 360],
  ] as const) {
    await page.emulateMedia({ colorScheme })
    await page.setViewportSize({ width, height: width === 360 ? 1_500 : 900 })
    await page.waitForTimeout(2_000)
    const path = join(RESULTS, `console-${name}.png`)
    await page.screenshot({ path, fullPage: width !== 360 })
    sizes.set(name, statSync(path).size)
  }
  return sizes
}

t.test('a console that is left open costs the server next to nothing', async (t) => {
  const server = await startServer(t, { WORKERS: '2' })
  const browser = await openChromium(t)
  await server.admin('PUT', '/api/v1/goods/apple', { name: 'Apple', price: 1, currency: 'gold', stock: null })
  const players = await gather(t, server, PLAYERS)
  for (const { name } of players) {
    const gold = { currency: 'gold', amount: 1_000_000, idempotency_key: `gold-of-${name}`.padEnd(16, '-') }
    await server.admin('POST', `/api/v1/players/${name}/credit`, gold)
  }
  await fill(t, server, CONNECTIONS - PLAYERS)
  const { page, wrong } = await openConsole(t, browser, server, { viewport: { width: 1440, height: 900 } })
  const atRest = await compare(server, page)
  const failed: string[] = []
  const note = (error: unknown) => void failed.push(String(error))
  const playerOf = (n: number) => players[n % PLAYERS] as (typeof players)[number]
  const stopSpeaking = atRate(RATE, async (n) => {
    const { client, room } = playerOf(n)
    await client.broadcast({ n, atMs: performance.now() }, { room }).catch(note)
  })
  const stopBuying = atRate(PURCHASES_PER_S, async (n) => {
    await playerOf(n).client.buyGood({ goodId: 'apple', count: 1 }).catch(note)
  })
  await sleep(SETTLE_MS)

  const underLoad = await compare(server, page)
  const connections = await totalOf(server, 'drumbeat_connections')
  const sizes = await takePictures(page)
  const [broadcasts, purchases] = await Promise.all([stopSpeaking(), stopBuying()])

  t.comment(`${broadcasts} broadcasts, ${purchases} purchases`)
  t.equal(connections, CONNECTIONS, 'all connections were there')
  t.strictSame(failed.slice(0, 5), [], 'and what was asked for was done')
  for (const [name, { without, withIt, costPercent, updatesPerMinute }] of Object.entries({ atRest, underLoad })) {
    const list = (values: readonly number[]) => values.map((value) => value.toFixed(2)).join(', ')
    t.comment(`${name}, percent of a core: without the console ${list(without)}, with it ${list(withIt)}`)
    t.ok(costPercent < PERCENT_MAX, `${name}: it costs ${costPercent.toFixed(2)} % of a core, less than ${PERCENT_MAX}`)
    for (const rate of updatesPerMinute) t.ok(rate >= 60, `${rate.toFixed(1)} updates a minute`)
  }
  t.strictSame(wrong, [], 'no error in the browser')
  for (const [name, size] of sizes) t.ok(size < PICTURE_BYTES_MAX, `the picture ${name} has ${size} bytes`)
  const figures = { connections, rate: RATE, spanS: SPAN_S, atRest, underLoad }
  writeFileSync(join(RESULTS, 'console.json'), `${JSON.stringify(figures)}\n`)
})
