import t from 'tap'
import { readServiceEnvironment } from '../../src/config/service-environment.ts'
import { ServiceManager } from '../../src/setup/service-manager.ts'
import { startReports, type Health, type ReportsOptions } from '../../src/setup/service-reports.ts'
import { simulateTime } from '../helpers/house/sim-time.ts'
import { openNotifySocket, skipWithoutNotify } from '../helpers/notify-socket.ts'
import { PATIENCE_MS } from '../helpers/patience.ts'
import { until } from '../helpers/until.ts'

const PATH = process.env['PATH'] ?? ''
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
  await socket.find('STOPPING=1', PATIENCE_MS)
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
  t.strictSame(warnings, ['the service manager is no longer told the state of the server: there is no systemd-notify'])
})

t.test('there is no sign of life while something is wrong, and one soon after', async (t) => {
  const time = simulateTime(t)
  const said: string[] = []
  const manager: ReportsOptions['manager'] = {
    isThere: true,
    watchdogMs: 400,
    watchdog: (status) => void said.push(`WATCHDOG=1 ${status}`),
    status: (status) => void said.push(status),
  }
  let health: () => Promise<Health> = async () => WELL
  const reports = startReports({ manager, readHealth: () => health() })
  t.teardown(() => reports.stop())
  const within = async (ms: number) => {
    said.length = 0
    await time.pass(ms)
    return [...said]
  }
  t.strictSame(await within(1_000), Array(6).fill('WATCHDOG=1 well'), 'twice in its time')
  const sick: readonly (readonly [string, () => Promise<Health>])[] = [
    ['a worker', async () => ({ status: 'a worker', fault: 'a worker' })],
    ['it broke', () => Promise.reject(new Error('it broke'))],
  ]
  for (const [status, read] of sick) {
    health = read
    t.strictSame(await within(5_000), [status], 'neither a sign of life nor the same status again')
    health = async () => WELL
    t.strictSame(await within(25), ['WATCHDOG=1 well'])
  }
  const { promise, resolve } = Promise.withResolvers<Health>()
  health = () => promise
  t.strictSame(await within(5_000), [], 'what does not answer is not well')
  resolve(WELL)
  t.strictSame(await within(1), ['WATCHDOG=1 well'])
  reports.stop()
  t.strictSame(await within(5_000), [])
})
