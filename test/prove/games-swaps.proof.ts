/**
 * `npm run prove -- games-swaps`: SWAPS=100 of a game's version by REST, under PLAYERS=200 in 50 rooms of 20 ticks a second. One in five is bad: a mistake
 * of syntax, a `migrate` that throws, a tick that throws. Nobody is disconnected, no tick is lost or doubled, nothing that was acknowledged is lost, and
 * after a bad one the old version goes on.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import t from 'tap'
import { saveFile } from '../helpers/save-file.ts'
import { startServer } from '../helpers/server.ts'
import { gameFile } from './games/crowd.ts'
import { describe, TALLY_ENV, TallyCrowd } from './games/tally-crowd.ts'

const SWAPS = Number(process.env['SWAPS'] ?? 100)
const PLAYERS = Number(process.env['PLAYERS'] ?? 200)
const BAD_EVERY = 5
const PLAY_MS = 500

const SOURCE = readFileSync(gameFile('tally'), 'utf8').replace(
  '../../../src/games/index.ts',
  pathToFileURL(path.join(import.meta.dirname, '../../src/games/index.ts')).href,
)
const TICK = 'tick(state, room) {'

/** What may be wrong with a version, by what it does to its source. */
const FAULTS: readonly ((source: string) => string)[] = [
  (source) => `${source}}`,
  (source) => source.replace('(state) => state', "() => { throw new Error('a bad migrate') }"),
  (source) => source.replace(TICK, `${TICK} throw new Error('a bad tick')`),
]

function versionOf(version: number): string {
  const migrate = `migrate: { ${version - 1}: (state) => state },`
  return SOURCE.replace('version: 1,', `version: ${version}, ${migrate}`)
}

t.setTimeout(3_600_000)

t.test(`${SWAPS} swaps under ${PLAYERS} players`, async (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'drumbeat-swaps-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const file = path.join(folder, 'tally.ts')
  saveFile(file, SOURCE)
  const server = await startServer(t, { ...TALLY_ENV, GAMES: file })
  const crowd = await TallyCrowd.open(t, server, PLAYERS)
  const swap = () => server.admin('POST', '/api/v1/games/tally/swap') as Promise<{ readonly rooms_swapped: number }>
  const gaps = { good: [] as number[], bad: [] as number[] }
  const wrong: string[] = []
  let version = 1
  let bad = 0
  for (let i = 1; i <= SWAPS; i++) {
    await sleep(PLAY_MS * (0.5 + Math.random()))
    const fault = i % BAD_EVERY === 0 ? FAULTS[bad++ % FAULTS.length] : undefined
    const next = versionOf(version + 1)
    saveFile(file, fault ? fault(next) : next)
    let outcome: unknown
    const waits = await crowd.under(async () => {
      outcome = await swap().catch((error: unknown) => error)
    })
    gaps[fault ? 'bad' : 'good'].push(...waits.values())
    const isSwapped = !(outcome instanceof Error)
    if (isSwapped === (fault !== undefined)) wrong.push(`swap ${i}: ${String(outcome)}`)
    if (isSwapped) version++
    else saveFile(file, versionOf(version))
  }
  await crowd.end(t)
  t.strictSame(wrong, [], 'each good one took over, and no bad one did')
  t.comment(`good: players were without a state for ${describe(gaps.good)}`)
  t.comment(`bad: players were without a state for ${describe(gaps.bad)}`)
  t.equal(version, 1 + SWAPS - bad)
})
