import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import type { Test } from 'tap'
import { parseLog, type ServerEnv } from '../helpers/server-process.ts'
import { until } from '../helpers/until.ts'

const MAIN = path.resolve(import.meta.dirname, '../../src/main.ts')
const SIGHUP = 1
const WITHOUT_ETCD: ServerEnv = {
  ETCD_ENDPOINTS: 'http://127.0.0.1:9',
  ETCD_START_TIMEOUT: '1h',
  SHUTDOWN_TIMEOUT: '2s',
  AUTH_JWT_SECRET: 'a secret for the tests, of thirty-two bytes and more',
  ADMIN_TOKEN: 'the-admin-token-of-the-tests',
}

/** Starts a server and resolves as soon as it has its handlers of signals, which is long before it serves. */
async function startEarly(t: Test, env: ServerEnv = {}) {
  const { PATH = '' } = process.env
  const DATA_DIR = path.join(t.testdir(), 'data')
  // NODE_OPTIONS is what tap adds for processes of tests: it brings handlers of its own.
  const args = ['--pdeathsig', 'KILL', 'env', '-u', 'NODE_OPTIONS', process.execPath, MAIN]
  const child = spawn('setpriv', args, {
    env: { PATH, DATA_DIR, HTTP_PORT: '0', WORKERS: '1', LOG_FORMAT: 'json', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  t.teardown(() => void child.kill('SIGKILL'))
  let stdout = ''
  child.stdout.on('data', (data: Buffer) => (stdout += data.toString()))
  const ended = once(child, 'close')
  const says = (msg: string) => parseLog(stdout).some((line) => line['msg'] === msg)
  const said = (msg: string) => until(() => says(msg) || child.exitCode !== null)
  t.ok(await until(() => isReady(child.pid ?? 0)))
  t.equal(stdout, '', 'it has not begun to serve')
  return { signal: (signal: NodeJS.Signals) => child.kill(signal), ended, says, said, stdout: () => stdout }
}

/** Whether it is Node already, and takes SIGHUP. */
function isReady(pid: number): boolean {
  return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(MAIN) && catches(pid, SIGHUP)
}

function catches(pid: number, signal: number): boolean {
  const [, mask = '0'] = /^SigCgt:\s*([0-9a-f]+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
  return (BigInt(`0x${mask}`) & (1n << BigInt(signal - 1))) !== 0n
}

t.test('SIGHUP during a start is remembered, and done when the server serves', async (t) => {
  const server = await startEarly(t)
  server.signal('SIGHUP')
  await server.said('all workers were replaced')
  t.ok(server.says('listening') && server.says('all workers were replaced'), server.stdout())
  server.signal('SIGTERM')
  t.strictSame(await server.ended, [0, null])
})

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  t.test(`${signal} during a start ends it in order, with exit code 0`, async (t) => {
    const server = await startEarly(t)
    server.signal(signal)
    t.strictSame(await server.ended, [0, null])
    t.ok(server.says('stopped: everything is answered and on disk'), server.stdout())
  })
}

t.test('SIGTERM ends a start that waits for an etcd that is not there', async (t) => {
  const server = await startEarly(t, WITHOUT_ETCD)
  await server.said('etcd does not answer; trying again')
  server.signal('SIGTERM')
  t.strictSame(await server.ended, [0, null])
})

t.test('a second SIGTERM that comes at once is the same one; a later one ends the server', async (t) => {
  const server = await startEarly(t, WITHOUT_ETCD)
  server.signal('SIGTERM')
  server.signal('SIGTERM')
  // It waits for etcd for SHUTDOWN_TIMEOUT; of the signals that follow, the first one after 500 ms ends it.
  const again = setInterval(() => server.signal('SIGTERM'), 100)
  t.strictSame(await server.ended, [1, null])
  clearInterval(again)
})
