import t from 'tap'
import { systemClock } from '../../src/base/clock.ts'
import { GroupCommit } from '../../src/hub/group-commit.ts'
import { Refusal } from '../../src/protocol/errors.ts'
import type { Channel } from '../../src/protocol/ids.ts'
import { createMemoryStore } from '../../src/store/memory/memory-store.ts'
import type { Transaction } from '../../src/store/store.ts'
import { over } from '../helpers/house/store.ts'

const A = 'n/a' as Channel

/** A group commit on a clock that the test moves, over a store that answers when it is let go. */
function setUp() {
  const time = { ms: 0 }
  const truth = createMemoryStore({ clock: systemClock, epoch: 'e' })
  const held: (() => void)[] = []
  const asked: Transaction[] = []
  const commit = async (transaction: Transaction) => {
    asked.push(transaction)
    await new Promise<void>((resolve) => held.push(resolve))
    return truth.commit(transaction)
  }
  const commits = new GroupCommit({
    store: { ...over(truth), commit },
    queueMax: 100,
    batchMax: 50,
    intervalMs: 0,
    nowMs: () => time.ms,
    onCommit: () => {},
  })
  const append = (text: string, untilMs?: number): Promise<number | string> =>
    new Promise((resolve) => {
      const record = { channel: A, body: Buffer.from(text) }
      commits.append({ record, untilMs }, (result) => resolve(result instanceof Refusal ? result.code : result))
    })
  const texts = () => asked.flatMap(({ log = [] }) => log.map(({ body }) => Buffer.from(body).toString()))
  const isAsked = async (times: number) => {
    while (asked.length < times) await new Promise((resolve) => setImmediate(resolve))
  }
  return { time, commits, append, texts, isAsked, letGo: () => held.shift()?.() }
}

t.test(
  'at its deadline what was sent is OUTCOME_UNKNOWN, and what waits is UNAVAILABLE and is never done',
  async (t) => {
    const { time, commits, append, texts, isAsked, letGo } = setUp()
    const sent = append('sent')
    await isAsked(1)
    time.ms = 500
    const waiting = append('waiting')
    time.ms = 1_800
    t.equal(await sent, 'OUTCOME_UNKNOWN')
    const later = append('later')
    time.ms = 2_300
    t.equal(await waiting, 'UNAVAILABLE')
    letGo()
    await isAsked(2)
    letGo()
    t.equal(await later, 2, 'the one that was given up has its place in the log')
    await commits.idle()
    t.strictSame(texts(), ['sent', 'later'])
  },
)

t.test('a deadline counts from where it was set, and not from the queue', async (t) => {
  const { time, append, texts, isAsked, letGo } = setUp()
  time.ms = 10_000
  const late = append('too late', 9_999)
  t.equal(await late, 'UNAVAILABLE')
  const sent = append('sent')
  await isAsked(1)
  const soon = append('soon', 10_100)
  const afterwards = append('afterwards', 12_000)
  time.ms = 10_100
  t.equal(await soon, 'UNAVAILABLE')
  letGo()
  t.equal(await sent, 1)
  await isAsked(2)
  letGo()
  t.equal(await afterwards, 2)
  t.strictSame(texts(), ['sent', 'afterwards'])
})
