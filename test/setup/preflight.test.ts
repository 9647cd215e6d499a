import { chmodSync, statSync } from 'node:fs'
import path from 'node:path'
import process from 'node:process'
import t from 'tap'
import { loadConfig } from '../../src/config/load.ts'
import type { Settings } from '../../src/config/settings.ts'
import { parseOpenFilesMax, preflight, thisMachine } from '../../src/setup/preflight.ts'
import type { Machine } from '../../src/setup/preflight.ts'

const GOOD: Machine = { nodeVersion: '22.18.0', loadUws: async () => ({}), openFilesMax: () => 1_000_000 }

function settingsWith(env: Record<string, string>): Settings {
  return loadConfig({ env: { WORKERS: '2', ...env } }).settings
}

t.test('on a machine that will do there is nothing to say, and the data folder is made', async (t) => {
  const dataDir = path.join(t.testdir({}), 'a/b')
  t.strictSame(await preflight(settingsWith({ DATA_DIR: dataDir }), GOOD), [])
  t.ok(statSync(dataDir).isDirectory())
})

t.test('this machine, as it is, starts the server', async (t) => {
  const problems = await preflight(
    settingsWith({ DATA_DIR: path.join(t.testdir({}), 'data') }),
    thisMachine(async () => ({})),
  )
  t.strictSame(
    problems.filter(({ fatal }) => fatal),
    [],
  )
})

t.test('a Node that is too old is named, with what to do', async (t) => {
  const settings = settingsWith({ DATA_DIR: path.join(t.testdir({}), 'data') })
  for (const nodeVersion of ['22.17.9', '20.20.2', '18.0.0']) {
    const [problem, ...others] = await preflight(settings, { ...GOOD, nodeVersion })
    t.match(problem, { exitCode: 78, fatal: true, message: `Node ${nodeVersion} is too old: 22.18 or later is needed` })
    t.strictSame(others, [])
  }
  for (const nodeVersion of ['22.18.0', '22.23.3', '24.0.0', '100.1.0']) {
    t.strictSame(await preflight(settings, { ...GOOD, nodeVersion }), [])
  }
})

t.test('a uWebSockets.js binary that does not load is told with its reason and what to install', async (t) => {
  const loadUws = async (): Promise<never> => {
    throw new Error("libc.so.6: version `GLIBC_2.38' not found")
  }
  const problems = await preflight(settingsWith({ DATA_DIR: path.join(t.testdir({}), 'data') }), { ...GOOD, loadUws })
  t.match(problems, [{ exitCode: 78, fatal: true, message: /GLIBC_2\.38' not found.*`npm ci`.*glibc 2\.34/ }])
})

t.test('too few open files are an error, few are a warning', async (t) => {
  const env = { DATA_DIR: path.join(t.testdir({}), 'data'), MAX_CONNECTIONS_PER_NAMESPACE: '2000' }
  const settings = settingsWith({ ...env, ADMIN_TOKEN: 'a'.repeat(32) })
  const at = (limit: number | undefined) => preflight(settings, { ...GOOD, openFilesMax: () => limit })
  t.match(await at(255), [{ exitCode: 78, fatal: true, message: /255, but 256 are needed: raise it with `ulimit -n`/ }])
  t.match(await at(1063), [{ fatal: false, message: /room for 1998 connections on 2 workers/ }])
  t.strictSame(await at(1064), [])
  t.strictSame(await at(Infinity), [])
  t.strictSame(await at(undefined), [], 'a system that does not tell')
  const development = await preflight(settingsWith(env), { ...GOOD, openFilesMax: () => 1063 })
  t.strictSame(development, [], 'a developer has no such crowd')
})

t.test('the limit is read from the text the kernel gives', async (t) => {
  const line = (soft: string) =>
    `Limit  Soft Limit  Hard Limit  Units\nMax open files            ${soft}   4096   files     \n`
  t.equal(parseOpenFilesMax(line('1024')), 1024)
  t.equal(parseOpenFilesMax(line('unlimited')), Infinity)
  t.equal(parseOpenFilesMax('Max processes 1 2 processes\n'), undefined)
})

t.test('a data folder that cannot be made or written ends with 77', async (t) => {
  const folder = t.testdir({ file: '', locked: {} })
  const refused = { exitCode: 77, fatal: true, message: /^DATA_DIR cannot be used: / }
  for (const place of ['file', 'file/below']) {
    t.match(await preflight(settingsWith({ DATA_DIR: path.join(folder, place) }), GOOD), [refused], place)
  }
  t.match(await preflight(settingsWith({ DATA_DIR: '/proc/drumbeat/data' }), GOOD), [refused])
  if (process.getuid?.() === 0) return // to root every folder is writable
  chmodSync(path.join(folder, 'locked'), 0o500)
  t.match(await preflight(settingsWith({ DATA_DIR: path.join(folder, 'locked') }), GOOD), [refused])
})

t.test('all problems come at once', async (t) => {
  const machine = { ...GOOD, nodeVersion: '20.0.0', openFilesMax: () => 100 }
  const problems = await preflight(settingsWith({ DATA_DIR: '/proc/drumbeat/data' }), machine)
  t.strictSame(
    problems.map(({ exitCode }) => exitCode),
    [78, 78, 77],
  )
})

t.test('a data folder that is open to others is a warning, and one that is made is not open', async (t) => {
  const dataDir = path.join(t.testdir({}), 'data')
  const settings = settingsWith({ DATA_DIR: dataDir })
  t.strictSame(await preflight(settings, GOOD), [])
  t.equal(statSync(dataDir).mode & 0o777, 0o700)
  chmodSync(dataDir, 0o755)
  const [problem] = await preflight(settings, GOOD)
  t.match(problem, { fatal: false, message: `DATA_DIR ${dataDir} is open to every user of this machine` })
})
