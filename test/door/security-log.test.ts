import t from 'tap'
import type { Log } from '../../src/base/log.ts'
import { SecurityLog } from '../../src/door/security-log.ts'

interface Line {
  readonly security: string
  readonly lines?: number
}

/** A security log on a clock of its own, with what it wrote. */
function create() {
  const lines: Line[] = []
  const events: string[] = []
  let nowMs = 1_000
  const nothing = () => {}
  const log: Log = {
    trace: nothing,
    debug: nothing,
    info: nothing,
    error: nothing,
    fatal: nothing,
    warn: (line: Line) => void lines.push(line),
    child: () => log,
  }
  const clock = { nowMs: () => nowMs, wallMs: () => nowMs }
  const security = new SecurityLog({ log, clock, onEvent: (event) => void events.push(event) })
  return { security, lines, events, pass: (ms: number) => (nowMs += ms) }
}

t.test('a flood of one address is a few lines, and how many were left out', async (t) => {
  const { security, lines, events, pass } = create()
  for (let i = 0; i < 1000; i++) security.note('token_invalid', '192.0.2.1', { address: '192.0.2.1', path: '/x' })
  t.equal(lines.length, 10)
  t.equal(events.length, 1000, 'all of them are counted')
  security.tellLeftOut()
  t.match(lines.at(-1), { security: 'left_out', lines: 990 })
  security.tellLeftOut()
  t.equal(lines.length, 11, 'it is said once')

  security.note('origin_forbidden', '192.0.2.2', { address: '192.0.2.2' })
  t.equal(lines.length, 12, 'another address is heard')
  pass(10_000)
  for (let i = 0; i < 5; i++) security.note('token_invalid', '192.0.2.1', { address: '192.0.2.1' })
  t.equal(lines.length, 13, 'and the first one again, once in ten seconds')
})

t.test('a flood of many addresses has a bound, too', async (t) => {
  const { security, lines, pass } = create()
  for (let i = 0; i < 5_000; i++) security.note('http_limited', `address-${i}`, { address: 'x' })
  t.equal(lines.length, 200)
  pass(1_000)
  for (let i = 0; i < 5_000; i++) security.note('http_limited', `other-${i}`, { address: 'x' })
  t.equal(lines.length, 210, 'ten in a second')
  security.tellLeftOut()
  t.match(lines.at(-1), { lines: 9_790 })
})

t.test('what comes from outside is cut', async (t) => {
  const { security, lines } = create()
  security.note('token_invalid', 'a', { address: 'a', path: '/'.repeat(5_000), reason: 'r'.repeat(5_000) })
  t.ok(JSON.stringify(lines[0]).length < 800)
})
