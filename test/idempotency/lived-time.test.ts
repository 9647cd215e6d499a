import t from 'tap'
import { LivedTime } from '../../src/idempotency/lived-time.ts'
import { createMemoryStore } from '../../src/store/memory/memory-store.ts'
import { StoreUnavailable, type Store } from '../../src/store/store.ts'

const HOUR_MS = 3_600_000
const START_MS = 1_790_000_000_000

function setUp() {
  let [nowMs, offsetMs] = [0, START_MS]
  const clock = { nowMs: () => nowMs, wallMs: () => nowMs + offsetMs }
  const store = createMemoryStore({ clock, epoch: 'e' })
  return {
    clock,
    store,
    live: (on: Pick<Store, 'get' | 'commit'> = store) => new LivedTime({ store: on, clock, keepMs: 10 * HOUR_MS }),
    /** With a look each ten minutes. Returns what the last one said. */
    pass: async (ms: number, lived: LivedTime) => {
      let untilMs: number | undefined
      for (let passed = 0; passed < ms; passed += HOUR_MS / 6) {
        nowMs += HOUR_MS / 6
        untilMs = await lived.readUntilMs()
      }
      return untilMs
    },
    jump: (ms: number) => void (offsetMs += ms),
  }
}

t.test('nothing is old before so much was lived, and then what is older', async (t) => {
  const { clock, live, pass } = setUp()
  const lived = live()
  t.equal(await lived.readUntilMs(), undefined)
  t.equal(await pass(10 * HOUR_MS - 1, lived), clock.wallMs() - 10 * HOUR_MS)
  t.equal(await pass(5 * HOUR_MS, lived), clock.wallMs() - 10 * HOUR_MS)
})

t.test('a clock that starts 100 days ahead makes nothing old, nor does one that stood still for a year', async (t) => {
  const { clock, live, pass, jump } = setUp()
  const first = live()
  await first.readUntilMs()
  await pass(9 * HOUR_MS, first)
  jump(365 * 24 * HOUR_MS)
  const second = live()
  t.equal(await second.readUntilMs(), undefined)
  // What the first one lived counts.
  const untilMs = await pass(2 * HOUR_MS, second)
  t.ok(untilMs !== undefined && untilMs < START_MS + 2 * HOUR_MS, 'what the first life made in its last hours is young')
  t.ok((await pass(9 * HOUR_MS, second)) === clock.wallMs() - 10 * HOUR_MS, 'and goes when it has lived as long')
})

t.test(
  'a clock that was ahead for a life harms neither what was made before it nor what is made after it',
  async (t) => {
    const { clock, live, pass, jump } = setUp()
    const first = live()
    await pass(9 * HOUR_MS, first)
    jump(2_400 * HOUR_MS)
    await pass(HOUR_MS, live())
    jump(-2_400 * HOUR_MS)
    const third = live()
    t.equal(await third.readUntilMs(), undefined, 'it is behind what was seen')
    t.equal(await pass(30 * HOUR_MS, third), undefined, 'and until it is not')
    jump(2_400 * HOUR_MS)
    const madeMs = clock.wallMs()
    const untilMs = await pass(5 * HOUR_MS, third)
    t.ok(untilMs === undefined || untilMs < madeMs, 'what is made now is young')
  },
)

t.test(
  'a store that takes no writes is no reason to delete nothing, and a life that was not written is not counted',
  async (t) => {
    const { store, live, pass, clock } = setUp()
    const full = { get: store.get.bind(store), commit: () => Promise.reject(new StoreUnavailable('the disk is full')) }
    t.equal(await pass(11 * HOUR_MS, live(full)), clock.wallMs() - 10 * HOUR_MS)
    t.equal(await live().readUntilMs(), undefined)
  },
)
