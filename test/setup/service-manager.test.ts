import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { readServiceEnvironment } from '../../src/config/service-environment.ts'
import { ServiceManager } from '../../src/setup/service-manager.ts'
import { startReports, type Health } from '../../src/setup/service-reports.ts'
import { openNotifySocket, skipWithoutNotify } from '../helpers/notify-socket.ts'
import { until } from '../helpers/until.ts'

const PATH = process.env['PATH'] ?? ''
const COMES_MS_MAX = 10_000
const WELL: Health = { status: 'well', fault: undefined }

t.test('what the service manager says is read, and what it says to others is not', async (t) => {
  const read = (env: Record<string, string>) => readServiceEnvironment(env, 42)
  t.strictSame(read({}), { notifySocket: undefined, searchPath: '', watchdogMs: undefined })
  t.strictSame(read({ NOTIFY_SOCKET: '/run/x', PATH: '/bin', WATCHDOG_USEC: '30000000', WATCHDOG_PID: '42' }), {
    notifySocket: '/run/x',
    searchPath: '/bin',
    watchdogMs: 30_000,
  })
  t.equal(read({ WATCHDOG_USEC: '30000000' }).watchdogMs, 30_000)
  t.equal(read({ NOTIFY_SOCKET: '' }).notifySocket, undefined)
  t.equal(read({ WATCHDOG_USEC: '30000000', WATCHDOG_PID: '43' }).watchdogMs, undefined, 'meant for another process')
  for (const WATCHDOG_USEC of ['', '0', '-1', 'x', '1e9', '1.5', '9'.repeat(30)]) {
    t.equal(read({ WATCHDOG_USEC }).watchdogMs, undefined, WATCHDOG_USEC)
  }
})

t.test('each state is told in its order, and a status is one line', skipWithoutNotify(), async (t) => {
  const socket = await openNotifySocket(t)
  const manager = new ServiceManager(readServiceEnvironment({ NOTIFY_SOCKET: socket.path, PATH }, 1), (why) =>
    t.fail(why),
  )
  const beforeUs = process.hrtime.bigint() / 1000n
  manager.ready()
  manager.reloading()
  const afterUs = process.hrtime.bigint() / 1000n
  manager.ready()
  manager.status("two\nlines\tREADY=1; $(id) `id` 'x' \\n")
  manager.watchdog('3 connections')
  manager.stopping()
  manager.close()
  await socket.find('STOPPING=1', COMES_MS_MAX)
  const [first, reloading = [], ...others] = socket.messages
  t.strictSame(first, ['READY=1'])
  t.equal(reloading[0], 'RELOADING=1')
  const us = BigInt(reloading[1]?.replace('MONOTONIC_USEC=', '') ?? 0)
  t.ok(us >= beforeUs && us <= afterUs, `${us}`)
  t.strictSame(others, [
    ['READY=1'],
    ["STATUS=two lines READY=1; $(id) `id` 'x' \\n"],
    ['WATCHDOG=1', 'STATUS=3 connections'],
    ['STOPPING=1'],
  ])
})

t.test('without anybody to tell, nothing is told', async (t) => {
  const manager = new ServiceManager(readServiceEnvironment({ PATH }, 1), (why) => t.fail(why))
  t.notOk(manager.isThere)
  startReports({ manager, readHealth: () => Promise.reject(t.fail('nobody asks')) }).stop()
  manager.ready()
  manager.close()
})

t.test('that systemd-notify is not there is said once, and is no reason to end', async (t) => {
  const warnings: string[] = []
  const environment = readServiceEnvironment({ NOTIFY_SOCKET: '/nowhere', PATH: '/nowhere' }, 1)
  const manager = new ServiceManager(environment, (message) => warnings.push(message))
  manager.ready()
  t.ok(await until(() => warnings.length > 0))
  manager.status('x')
  manager.watchdog('x')
  t.strictSame(warnings, ['the service manager is told nothing: there is no systemd-notify'])
})

t.test('there is no sign of life while something is wrong, and one soon after', skipWithoutNotify(), async (t) => {
  const socket = await openNotifySocket(t)
  const environment = readServiceEnvironment({ NOTIFY_SOCKET: socket.path, PATH, WATCHDOG_USEC: '400000' }, 1)
  const manager = new ServiceManager(environment, (why) => t.fail(why))
  let health: () => Promise<Health> = async () => WELL
  const reports = startReports({ manager, readHealth: () => health() })
  t.teardown(() => {
    reports.stop()
    manager.close()
  })
  t.strictSame(await socket.find('WATCHDOG=1', COMES_MS_MAX), ['WATCHDOG=1', 'STATUS=well'])
  const sick: readonly (readonly [string, () => Promise<Health>])[] = [
    ['a worker', async () => ({ status: 'a worker', fault: 'a worker' })],
    ['it broke', () => Promise.reject(new Error('it broke'))],
  ]
  for (const [status, read] of sick) {
    health = read
    const from = socket.messages.length
    await socket.find(status, COMES_MS_MAX, from)
    const since = socket.messages.length
    await sleep(1000)
    t.strictSame(socket.messages.slice(since), [], 'neither a sign of life nor the same status again')
    health = async () => WELL
    t.strictSame(await socket.find('WATCHDOG=1', COMES_MS_MAX, since), ['WATCHDOG=1', 'STATUS=well'])
  }
  const { promise, resolve } = Promise.withResolvers<Health>()
  let asked = false
  health = () => {
    asked = true
    return promise
  }
  t.ok(await until(() => asked))
  await sleep(500)
  const since = socket.messages.length
  await sleep(1000)
  t.strictSame(socket.messages.slice(since), [], 'what does not answer is not well')
  health = async () => WELL
  resolve(WELL)
  await socket.find('WATCHDOG=1', COMES_MS_MAX, since)
})
