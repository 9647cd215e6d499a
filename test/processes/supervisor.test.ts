/** A supervisor of hosts: what is the same for workers is tried in test/house/supervision.test.ts. */
import { PassThrough } from 'node:stream'
import t from 'tap'
import { systemClock } from '../../src/base/clock.ts'
import type { NodeProcess } from '../../src/processes/child-process.ts'
import { Supervisor, type NewProcess, type SupervisedLink } from '../../src/processes/supervisor.ts'
import { simulateTime } from '../helpers/house/sim-time.ts'
import { NO_LOG } from '../helpers/no-log.ts'

interface Fake extends NodeProcess {
  readonly name: string
}

function setUp(
  t: Parameters<typeof simulateTime>[0],
  { count, onStart }: { count: number; onStart: (started: NewProcess<Fake>) => void },
) {
  const time = simulateTime(t)
  const said: string[] = []
  const listening = new Set<number>()
  let spawned = 0
  const supervisor = new Supervisor<SupervisedLink, Fake>({
    kind: 'host',
    count,
    spawn: () => {
      const { promise, resolve } = Promise.withResolvers<string>()
      return {
        name: `host ${++spawned}`,
        pid: spawned,
        link: new PassThrough(),
        kill: () => resolve('SIGKILL'),
        ended: promise,
      }
    },
    links: {
      add: () => {},
      remove: (id) => void listening.delete(id),
      setListening: (id, isListening) => void (isListening ? listening.add(id) : listening.delete(id)),
      get listening() {
        return [...listening]
      },
    },
    log: NO_LOG,
    clock: systemClock,
    onDied: () => said.push('died'),
  })
  const started = supervisor.start({
    connect: (started) => {
      setImmediate(() => onStart(started))
      return {
        ask: (method) => {
          said.push(`${method} ${started.id}`)
          return Promise.resolve(null)
        },
        call: (_method, _args, done) => done(),
        close: () => {},
      }
    },
    takeOver: async (old, successor) => void said.push(`${successor} takes over from ${old}`),
    gone: (id, { name }) => said.push(`gone ${id} (${name})`),
  })
  return { time, said, started, supervisor, spawned: () => spawned }
}

t.test('none are started where there are to be none', async (t) => {
  const { started, supervisor, spawned } = setUp(t, { count: 0, onStart: () => {} })
  await started
  t.equal(spawned(), 0)
  t.strictSame(supervisor.health, { missing: 0, of: 0, fault: undefined })
  await supervisor.stop(0)
})

t.test('a process that says it cannot start as it is configured fails the start at once, in its words', async (t) => {
  const onStart = ({ onUnfit }: NewProcess<Fake>) => onUnfit(new Error('a.ts:3: SyntaxError'))
  const { time, started, spawned } = setUp(t, { count: 1, onStart })
  await t.rejects(time.settle(started), { message: 'a.ts:3: SyntaxError' })
  t.equal(spawned(), 1, 'there was no other attempt')
})

t.test('what a process has moves before it is drained, and one that cannot take over leaves it as it is', async (t) => {
  let isBad = false
  const onStart = ({ onListening, onUnfit }: NewProcess<Fake>) =>
    isBad ? onUnfit(new Error('bad game')) : onListening()
  const { time, said, started, supervisor } = setUp(t, { count: 1, onStart })
  await time.settle(started)
  const options = { graceMs: 0, withinMs: 5_000, onReplaced: () => said.push('replaced') }
  await time.settle(supervisor.roll(options))
  t.strictSame(said, ['2 takes over from 1', 'replaced', 'drain 1', 'gone 1 (host 1)'])
  isBad = true
  said.length = 0
  await t.rejects(time.settle(supervisor.roll(options)), { message: 'bad game' })
  t.strictSame(said, ['gone 3 (host 3)'])
  await time.settle(supervisor.stop(1_000))
})
