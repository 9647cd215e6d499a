import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { startServer } from '../helpers/server.ts'

const run = promisify(execFile)
const FILE = join(import.meta.dirname, '../../src/cli.ts')

/** Of `drumbeat load`. */
async function load(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  try {
    return { code: 0, ...(await run(process.execPath, [FILE, 'load', ...args], { env: { ...process.env, ...env } })) }
  } catch (error) {
    return error as { code: number; stdout: string; stderr: string }
  }
}

const SECRET = { AUTH_JWT_SECRET: 'a secret of this test, of thirty-two bytes and more' }
const SMALL = ['--connections', '20', '--rate', '50', '--seconds', '1']

t.test('drumbeat load says what a server carried', async (t) => {
  const server = await startServer(t, SECRET)
  const guests = await load(['--url', server.url, ...SMALL])
  t.equal(guests.code, 0, guests.stderr)
  t.match(guests.stdout, /^connections +20$/m)
  t.match(guests.stdout, /^lost +0$/m)
  t.match(guests.stdout, /^latency, ms +p50 \d+\.\d · p99 \d+\.\d · max \d+\.\d$/m)

  const rooms = await load(['--url', server.url, ...SMALL, '--rooms', '4', '--encoding', 'msgpack', '--json'], SECRET)
  t.equal(rooms.code, 0, rooms.stderr)
  t.match(JSON.parse(rooms.stdout), { connections: 20, rooms: 4, disorder: 0, closed: [], complaints: [] })
  const { received, expected, sent } = JSON.parse(rooms.stdout) as Record<string, number>
  t.equal(received, expected)
  t.equal(expected, (sent ?? 0) * 5, 'each message to those in its room')
})

t.test('what a server refuses is told, and the exit code says so', async (t) => {
  const server = await startServer(t, { RATE_MESSAGES: '10' })
  const { code, stdout } = await load(['--url', server.url, '--connections', '2', '--rate', '200', '--seconds', '1'])
  t.equal(code, 1)
  t.match(stdout, /^the server refused: RATE_LIMITED$/m)
  t.match(stdout, /RATE_MESSAGES and RATE_BYTES/)
})

t.test('mistakes are told', async (t) => {
  t.match(await load(['--connections', 'x']), { code: 64, stderr: /--connections must be an integer from 2 up, not x/ })
  t.match(await load(['--encoding', 'xml']), { code: 64, stderr: /--encoding must be json or msgpack/ })
  t.match(await load(['--rooms', '3', '--connections', '10']), { code: 64, stderr: /multiple of --rooms/ })
  t.match(await load(['--url', 'nonsense']), { code: 64, stderr: /nonsense is not the URL of a server: http/ })
  t.match(await load(['--url', 'https://game.example']), { code: 64, stderr: /load does not speak TLS/ })
  t.match(await load(['--url', 'http://127.0.0.1:9']), { code: 69, stderr: /127\.0\.0\.1:9: .*ECONNREFUSED/ })
})
