/** Nobody fills the log: of lines of one text some are written, and how many were not is told. */
import { mock } from 'node:test'
import t from 'tap'
import { LineLimit } from '../../src/base/line-limit.ts'
import { LineOutput } from '../../src/base/line-output.ts'
import { createLog } from '../../src/base/log.ts'

interface Line {
  readonly msg: string
  readonly text?: string
  readonly lines?: number
}

function open(level = 'info') {
  const time = { nowMs: 0 }
  const written: Line[] = []
  const output = new LineOutput({
    write: (bytes) => {
      written.push(JSON.parse(bytes.toString()) as Line)
      return bytes.length
    },
  })
  const log = createLog({ level, pretty: false, bindings: {}, output, nowMs: () => time.nowMs })
  return { log, written, time }
}

t.test(
  'a flood of one text leaves some lines, one a second, and a line that says how many were left out',
  async (t) => {
    mock.timers.enable({ apis: ['setTimeout'] })
    const { log, written, time } = open()
    const part = log.child({ part: 'session' })
    for (let i = 0; i < 10_000; i++) part.info({ user: `guest-${i}` }, 'not admitted')
    t.equal(written.length, 100)
    log.info('another text is not concerned')
    t.equal(written.at(-1)?.msg, 'another text is not concerned')
    mock.timers.tick(10_000)
    mock.timers.reset()
    t.match(written.at(-1), { msg: /were left out/, text: 'not admitted', lines: 9_900 })
    time.nowMs += 60_000
    for (let i = 0; i < 10_000; i++) part.info({ user: `guest-${i}` }, 'not admitted')
    t.equal(written.filter(({ msg }) => msg === 'not admitted').length, 160)
  },
)

t.test('security, what is looked for at debug, and each game have their own', async (t) => {
  const { log, written } = open('debug')
  for (let i = 0; i < 300; i++) {
    log.warn({ security: 'x' }, 'a token was refused')
    log.debug({}, 'request answered')
    log.error({ game: i % 2 === 0 ? 'a' : 'b' }, 'a game failed')
  }
  const count = (wanted: string) => written.filter(({ msg }) => msg === wanted).length
  t.equal(count('a token was refused'), 300, 'limited by address, elsewhere')
  t.equal(count('request answered'), 300)
  t.equal(count('a game failed'), 200)
})

t.test('the kind that was unseen for longest is forgotten first', async (t) => {
  const limit = new LineLimit({ perSecond: 1, burst: 1, kindsMax: 2 })
  const taken = ['a', 'b', 'a', 'c', 'a', 'b'].map((kind) => limit.take(kind, 0))
  t.strictSame(taken, [true, true, false, true, false, true])
  t.strictSame(limit.takeLeftOut(), [['a', 2]])
  t.strictSame(limit.takeLeftOut(), [])
})
