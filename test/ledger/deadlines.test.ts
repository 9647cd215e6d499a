import t from 'tap'
import { systemClock } from '../../src/base/clock.ts'
import { systemRandom } from '../../src/base/random.ts'
import type { Span } from '../../src/base/trace.ts'
import { Ledger } from '../../src/ledger/ledger.ts'
import { planBatch, type Plan, type PlanInput } from '../../src/ledger/plan.ts'
import { Refusal } from '../../src/protocol/errors.ts'
import type { UserId } from '../../src/protocol/ids.ts'
import { createMemoryStore } from '../../src/store/memory/memory-store.ts'
import type { Transaction } from '../../src/store/store.ts'
import { NO_LOG } from '../helpers/no-log.ts'
import { over } from '../helpers/house/store.ts'

const tools = { newId: systemRandom.uuid, sign: () => 'signature' }

/** What waits until the test lets it go, one after another. */
class Gate {
  came = 0
  readonly #held: (() => void)[] = []

  async pass(): Promise<void> {
    this.came++
    await new Promise<void>((resolve) => this.#held.push(resolve))
  }

  async isAt(times: number): Promise<void> {
    while (this.came < times) await new Promise((resolve) => setImmediate(resolve))
  }

  letGo(): void {
    this.#held.shift()?.()
  }
}

/** A ledger on a clock that the test moves; plans and commits wait at gates where the test has them. */
function setUp({ planned, committed }: { planned?: Gate; committed?: Gate }) {
  const time = { ms: 0 }
  const truth = createMemoryStore({ clock: systemClock, epoch: 'e' })
  const ledger = new Ledger({
    store: {
      ...over(truth),
      commit: async (transaction: Transaction) => {
        await committed?.pass()
        return truth.commit(transaction)
      },
    },
    pool: {
      plan: async (input: PlanInput): Promise<Plan> => {
        await planned?.pass()
        return planBatch(input, tools)
      },
      close: () => Promise.resolve(),
    },
    clock: { nowMs: () => time.ms, wallMs: () => 1 },
    random: { ...systemRandom, fraction: () => 0 },
    log: NO_LOG,
    newestMs: 0,
    queueMax: 100,
    onBatch: () => {},
    onRetry: () => {},
  })
  const credit = (name: string, untilMs?: number, span?: Span): Promise<string> =>
    new Promise((resolve) => {
      const request = {
        userId: name as UserId,
        currency: 'gold',
        amount: 1,
        idempotencyKey: `key-of-${name}`.padEnd(16),
      }
      const done = (outcome: unknown) => resolve(outcome instanceof Refusal ? outcome.code : 'done')
      ledger.submit({ kind: 'credit', ...request }, done, span, untilMs)
    })
  const credited = async () =>
    (await truth.list('player/', { limit: 10 })).map(({ key }) => key.slice('player/'.length))
  return { time, ledger, credit, credited }
}

t.test(
  'at its deadline a credit in the store is OUTCOME_UNKNOWN; those behind it are UNAVAILABLE and never done',
  async (t) => {
    const committed = new Gate()
    const { time, ledger, credit, credited } = setUp({ committed })
    const sent = credit('sent')
    await committed.isAt(1)
    time.ms = 500
    const waiting = credit('waiting')
    time.ms = 1_800
    t.equal(await sent, 'OUTCOME_UNKNOWN')
    const later = credit('later')
    time.ms = 2_300
    t.equal(await waiting, 'UNAVAILABLE')
    committed.letGo()
    await committed.isAt(2)
    committed.letGo()
    t.equal(await later, 'done')
    await ledger.idle()
    t.strictSame(await credited(), ['later', 'sent'])
  },
)

t.test(
  'a credit whose deadline passes while it is planned is not committed, and the others of its batch are',
  async (t) => {
    const planned = new Gate()
    const { time, ledger, credit, credited } = setUp({ planned })
    const early = credit('early', 100)
    const late = credit('late')
    await planned.isAt(1)
    time.ms = 100
    t.equal(await early, 'UNAVAILABLE')
    planned.letGo()
    await planned.isAt(2)
    planned.letGo()
    t.equal(await late, 'done')
    await ledger.idle()
    t.strictSame(await credited(), ['late'])
  },
)

/** A step that notes which of the steps below it have not ended. */
function createStep(open: Set<string>, name = 'request'): Span {
  return {
    traceId: '0'.repeat(32),
    traceparent: '',
    child: (child) => {
      open.add(child)
      return createStep(open, child)
    },
    link: () => {},
    set: () => {},
    end: () => {
      open.delete(name)
    },
  }
}

t.test('a traced credit that is late in the queue has waited to its end: no step of it stays open', async (t) => {
  const committed = new Gate()
  const { time, credit, ledger } = setUp({ committed })
  const sent = credit('sent')
  await committed.isAt(1)
  const open = new Set<string>()
  const waiting = credit('waiting', 100, createStep(open))
  t.strictSame([...open], ['ledger wait'])
  time.ms = 100
  t.equal(await waiting, 'UNAVAILABLE')
  t.strictSame([...open], [])
  committed.letGo()
  t.equal(await sent, 'done')
  await ledger.idle()
})
