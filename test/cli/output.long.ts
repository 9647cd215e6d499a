import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, constants, openSync, writeFileSync } from 'node:fs'
import { networkInterfaces } from 'node:os'
import path from 'node:path'
import t from 'tap'
import type { Test } from 'tap'
import { CLI, drumbeat, type Env } from '../helpers/command.ts'
import { startServer, type TestServer } from '../helpers/server.ts'
import { until } from '../helpers/until.ts'

/** A pipe that nobody reads any more. */
function brokenPipe(t: Test): number {
  const fifo = path.join(t.testdir(), 'fifo')
  t.equal(spawnSync('mkfifo', [fifo]).status, 0)
  const reader = openSync(fifo, constants.O_RDONLY | constants.O_NONBLOCK)
  const writer = openSync(fifo, constants.O_WRONLY)
  closeSync(reader)
  t.teardown(() => closeSync(writer))
  return writer
}

t.test('a command whose reader is gone ends without a word, as by SIGPIPE', async (t) => {
  const server = await startServer(t)
  const env = {
    PATH: process.env['PATH'] ?? '',
    DATA_DIR: server.dataDir,
    ADMIN_TOKEN: server.adminToken,
    AUTH_JWT_SECRET: 'a secret for the tests, of thirty-two bytes and more',
  }
  const exported = await drumbeat(['ledger', 'export', '--url', server.url], env)
  const file = path.join(server.dataDir, 'ledger.jsonl')
  writeFileSync(file, exported.stdout)
  const cases: readonly string[][] = [
    ['help'],
    ['--version'],
    ['token', 'alice'],
    ['config'],
    ['config', '--json'],
    ['doctor'],
    ['tail', '--url', server.url],
    ['load', '--url', server.url, '--connections', '2', '--rate', '10', '--seconds', '1'],
    ['conformance', server.url, '--only', '^envelope'],
    ['reload', '--url', server.url],
    ['ledger', 'export', '--url', server.url],
    ['ledger', 'verify', file],
  ]
  const pipe = brokenPipe(t)
  for (const args of cases) {
    const child = spawn(process.execPath, [CLI, ...args], { env, stdio: ['ignore', pipe, 'pipe'] })
    let stderr = ''
    child.stderr?.on('data', (data: Buffer) => (stderr += data.toString()))
    t.strictSame(await once(child, 'close'), [141, null], args.join(' '))
    t.equal(stderr, '', args.join(' '))
  }
})

t.test('what cannot be printed is an error', async (t) => {
  const full = openSync('/dev/full', 'w')
  t.teardown(() => closeSync(full))
  const { status, stderr } = spawnSync(process.execPath, [CLI, 'config'], {
    stdio: ['ignore', full, 'pipe'],
    encoding: 'utf8',
  })
  t.equal(status, 74)
  t.match(stderr, /^drumbeat: standard output: .*ENOSPC/)
})

const hasIpv6 = Object.values(networkInterfaces()).some((some) => some?.some(({ address }) => address === '::1'))

t.test('commands find a server on an IPv6 address', { skip: !hasIpv6 }, async (t) => {
  const server = await startServer(t, { HTTP_HOST: '::1' })
  t.match(server.url, /^http:\/\/\[::1\]:\d+$/)
  const env = {
    HTTP_HOST: '::1',
    HTTP_PORT: String(server.port),
    DATA_DIR: server.dataDir,
    ADMIN_TOKEN: server.adminToken,
    AUTH_JWT_SECRET: 'a secret for the tests, of thirty-two bytes and more',
  }
  const load = await drumbeat(['load', '--connections', '4', '--rate', '10', '--seconds', '1'], env)
  t.match(load, { code: 0, stdout: /^lost +0$/m })
  t.match(await drumbeat(['ledger', 'export'], env), { code: 0 })
  t.match(await drumbeat(['conformance', server.url, '--only', '^envelope'], env), { code: 0 })
  t.match(await drumbeat(['doctor'], env), { stdout: /is held by a Drumbeat/ })
  await tailIsReady(t, server, env)
  t.match(await drumbeat(['reload'], env), { code: 0 })
})

async function tailIsReady(t: Test, server: TestServer, env: Env): Promise<void> {
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', process.execPath, CLI, 'tail'], {
    env: { PATH: process.env['PATH'] ?? '', ...env },
    stdio: 'pipe',
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data: Buffer) => (output += data.toString()))
  t.ok(await until(() => output.includes('# ready') || child.exitCode !== null), server.url)
  child.kill('SIGTERM')
  await once(child, 'exit')
  t.match(output, '# ready')
}
