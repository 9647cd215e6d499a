import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import type { Test } from 'tap'
import { parseLog } from '../helpers/server-process.ts'
import { until } from '../helpers/until.ts'

const ROOT = path.resolve(import.meta.dirname, '../..')

/** Runs a command of npm in the repository, in a process group of its own, until the server behind it listens. */
async function runNpm(t: Test, args: readonly string[], more: Readonly<Record<string, string>> = {}) {
  const { PATH = '', HOME = '' } = process.env
  const DATA_DIR = path.join(t.testdir(), 'data')
  const env = { PATH, HOME, DATA_DIR, HTTP_PORT: '0', WORKERS: '1', LOG_FORMAT: 'json', ...more }
  const npm = spawn('npm', args, { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'pipe'], detached: true })
  let output = ''
  npm.stdout.on('data', (data: Buffer) => (output += data.toString()))
  npm.stderr.on('data', (data: Buffer) => (output += data.toString()))
  // Its standard output ends when npm and everything that it has started are gone.
  const ended = once(npm, 'close')
  const has = (msg: string) => parseLog(output).some((line) => line['msg'] === msg)
  t.ok(await until(() => has('listening') || npm.exitCode !== null), output)
  const server = Number(readFileSync(path.join(DATA_DIR, 'primary.pid'), 'utf8'))
  t.teardown(() => {
    if (isAlive(server)) process.kill(server, 'SIGKILL')
  })
  return { pid: npm.pid ?? 0, server, ended, has, output: () => output }
}

function isAlive(pid: number): boolean {
  return existsSync(`/proc/${pid}`)
}

const cases = [
  { args: ['start'], signal: 'SIGTERM', toGroup: false },
  { args: ['start'], signal: 'SIGINT', toGroup: false },
  // As a terminal does it; npm then passes on a second one.
  { args: ['start'], signal: 'SIGINT', toGroup: true },
  { args: ['run', 'drumbeat', '--', 'start'], signal: 'SIGTERM', toGroup: false },
] as const

for (const { args, signal, toGroup } of cases) {
  t.test(`${signal} to ${toGroup ? 'the process group of ' : ''}npm ${args.join(' ')} drains the server`, async (t) => {
    const npm = await runNpm(t, args)
    process.kill(toGroup ? -npm.pid : npm.pid, signal)
    await npm.ended
    t.ok(npm.has('stopped: everything is answered and on disk'), npm.output())
    t.notOk(isAlive(npm.server))
  })
}

t.test('npm start takes the options of drumbeat start, and refuses others', async (t) => {
  // Without the option the port would be refused.
  const npm = await runNpm(t, ['start', '--', '--port', '0'], { HTTP_PORT: 'none' })
  process.kill(npm.pid, 'SIGTERM')
  await npm.ended
  const { status, stderr } = spawnSync('npm', ['start', '--', '--prot', '0'], { cwd: ROOT, encoding: 'utf8' })
  t.equal(status, 64)
  t.match(stderr, /drumbeat: .*--prot/)
})
