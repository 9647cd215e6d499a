import { spawn, spawnSync, type StdioOptions } from 'node:child_process'
import { closeSync, constants, existsSync, openSync, readFileSync, readSync, writeSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import type { Test } from 'tap'
import { openNonBlocking } from '../../src/base/line-output.ts'
import { until } from '../helpers/until.ts'

const MAIN = path.resolve(import.meta.dirname, '../../src/main.ts')
const ADMIN_TOKEN = 'the-admin-token-of-the-tests'

/** Starts a server on a free port with this standard output; its welcome on standard error says where it is. */
async function start(t: Test, stdout: number | 'pipe', env: Readonly<Record<string, string>> = {}) {
  const { PATH = '' } = process.env
  const DATA_DIR = path.join(t.testdir(), 'data')
  const stdio: StdioOptions = ['ignore', stdout, 'pipe']
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', process.execPath, MAIN], {
    env: { PATH, DATA_DIR, HTTP_PORT: '0', WORKERS: '2', LOG_FORMAT: 'json', ADMIN_TOKEN, ...env },
    stdio,
  })
  t.teardown(() => void child.kill('SIGKILL'))
  let stderr = ''
  child.stderr?.on('data', (data: Buffer) => (stderr += data.toString()))
  const url = () => /running at (http:\S+)/.exec(stderr)?.[1] ?? ''
  t.ok(await until(() => url() !== '' || child.exitCode !== null), stderr)
  const warnings = () => stderr.split('\n').filter((line) => line.includes('the log cannot be written'))
  return { child, url: url(), warnings }
}

/** Drains and ends as if nothing had been wrong. */
async function stop({ child }: Awaited<ReturnType<typeof start>>): Promise<number | null> {
  child.kill('SIGTERM')
  await until(() => child.exitCode !== null || child.signalCode !== null)
  return child.exitCode
}

async function lostLines(url: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text()
  return Number(/^drumbeat_log_lines_lost_total (\d+)$/m.exec(text)?.[1] ?? NaN)
}

/** A pipe that takes nothing more. */
function fullPipe(t: Test) {
  const fifo = path.join(t.testdir(), 'fifo')
  t.equal(spawnSync('mkfifo', [fifo]).status, 0)
  const reader = openSync(fifo, constants.O_RDONLY | constants.O_NONBLOCK)
  const writer = openSync(fifo, constants.O_WRONLY)
  const filler = openNonBlocking(writer)
  t.teardown(() => [reader, writer, filler].forEach((fd) => closeSync(fd)))
  try {
    for (;;) writeSync(filler, Buffer.alloc(1024, '\n'))
  } catch {
    return { reader, writer } // it is full
  }
}

t.test('a server whose log is on a full disk serves, counts the lines, and says so once', async (t) => {
  const fd = openSync('/dev/full', 'w')
  t.teardown(() => closeSync(fd))
  const server = await start(t, fd)
  t.ok((await lostLines(server.url)) > 0)
  t.equal((await fetch(`${server.url}/ready`)).status, 200)
  t.equal(await stop(server), 0)
  t.strictSame(server.warnings().length, 1)
  t.match(server.warnings()[0], 'ENOSPC')
})

t.test('a server whose log nobody reads starts, serves, and writes its lines when they are read', async (t) => {
  const { reader, writer } = fullPipe(t)
  const server = await start(t, writer)
  t.equal((await fetch(`${server.url}/ready`)).status, 200)
  let text = ''
  const buffer = Buffer.alloc(100_000)
  const read = () => {
    try {
      text += buffer.toString('utf8', 0, readSync(reader, buffer))
    } catch {
      // it is empty for now
    }
    return text.includes('"msg":"listening"')
  }
  t.ok(await until(read), 'what was said before anybody read')
  t.equal(await lostLines(server.url), 0)
  t.equal(await stop(server), 0)
})

t.test('a server whose log nobody ever reads stops when it is told to', async (t) => {
  const { writer } = fullPipe(t)
  t.equal(await stop(await start(t, writer)), 0)
})

t.test('a server goes on when the reader of its log is gone, and says so once', async (t) => {
  const server = await start(t, 'pipe')
  server.child.stdout?.destroy()
  // Each reload is told of in the log.
  await fetch(`${server.url}/api/v1/reload`, { method: 'POST', headers: { authorization: `Bearer ${ADMIN_TOKEN}` } })
  t.ok(await until(async () => (await lostLines(server.url)) > 0))
  t.equal((await fetch(`${server.url}/ready`)).status, 200)
  t.equal(await stop(server), 0)
  t.strictSame(server.warnings().length, 1)
  t.match(server.warnings()[0], 'EPIPE')
})

t.test('a server goes on when its standard error is gone or full, too', async (t) => {
  const { PATH = '' } = process.env
  const DATA_DIR = path.join(t.testdir(), 'data')
  const full = openSync('/dev/full', 'w')
  t.teardown(() => closeSync(full))
  // The limit makes it warn; the log says where it is.
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', process.execPath, MAIN], {
    env: { PATH, DATA_DIR, HTTP_PORT: '0', WORKERS: '1', LOG_FORMAT: 'json', WORKER: '1' },
    stdio: ['ignore', 'pipe', full],
  })
  t.teardown(() => void child.kill('SIGKILL'))
  let stdout = ''
  child.stdout?.on('data', (data: Buffer) => (stdout += data.toString()))
  t.ok(await until(() => stdout.includes('"msg":"listening"') || child.exitCode !== null))
  child.kill('SIGTERM')
  t.ok(await until(() => child.exitCode !== null))
  t.equal(child.exitCode, 0, stdout)
})

const hasScript = spawnSync('script', ['--version']).status === 0

t.test('a server goes on when its terminal is closed', { skip: !hasScript }, async (t) => {
  const { PATH = '' } = process.env
  const DATA_DIR = path.join(t.testdir(), 'data')
  const env = { PATH, DATA_DIR, HTTP_PORT: '0', WORKERS: '1', ADMIN_TOKEN, SHELL: '/bin/sh' }
  const terminal = spawn('script', ['-qefc', `exec "${process.execPath}" "${MAIN}"`, '/dev/null'], {
    env,
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  let shown = ''
  terminal.stdout.on('data', (data: Buffer) => (shown += data.toString()))
  const url = () => /running at (http:\S+)/.exec(shown)?.[1] ?? ''
  t.ok(await until(() => url() !== '' || terminal.exitCode !== null), shown)
  t.match(shown, /INFO.*listening/, 'in lines for people')
  const pid = Number(readFileSync(path.join(DATA_DIR, 'primary.pid'), 'utf8'))
  t.teardown(() => existsSync(`/proc/${pid}`) && process.kill(pid, 'SIGKILL'))
  // The kernel then sends SIGHUP, which is a reload, and writes fail with EIO.
  terminal.kill('SIGKILL')
  t.ok(await until(async () => (await lostLines(url())) > 0))
  process.kill(pid, 'SIGTERM')
  t.ok(await until(() => !existsSync(`/proc/${pid}`)))
  t.notOk(existsSync(path.join(DATA_DIR, 'primary.pid')), 'it was closed in order')
})
