import t, { type Test } from 'tap'
import { GroupCommit } from '../../src/hub/group-commit.ts'
import { Hub } from '../../src/hub/hub.ts'
import { Canary } from '../../src/node/canary.ts'
import { createMemoryStore } from '../../src/store/memory/memory-store.ts'
import { simulateTime } from '../helpers/house/sim-time.ts'
import { StoreUnavailable, type CommitResult, type Store, type Transaction } from '../../src/store/store.ts'

/** Less than what a commit may take by default, after which it is refused. */
const WITHIN_MS = 200
const FRESH_MS = 300

/** A canary over a store that takes a commit only after `before` has let it. */
async function setUp(t: Test, before: () => Promise<void> = async () => {}) {
  const time = simulateTime(t)
  const { clock } = time
  const memory = createMemoryStore({ clock, epoch: 'e1' })
  const sent: Transaction[] = []
  const store: Store = {
    ...memory,
    limits: memory.limits,
    epoch: memory.epoch,
    get: (keys) => memory.get(keys),
    list: (prefix, page) => memory.list(prefix, page),
    follow: (follower) => memory.follow(follower),
    history: (range, onBatch) => memory.history(range, onBatch),
    close: () => memory.close(),
    commit: async (transaction): Promise<CommitResult> => {
      sent.push(transaction)
      await before()
      return memory.commit(transaction)
    },
  }
  const hub = await Hub.open({ store, clock, historyBytes: 1 << 20, historyTtlMs: 60_000, deliver() {} })
  const commits = new GroupCommit({
    store,
    queueMax: 10,
    batchMax: 10,
    intervalMs: 0,
    onCommit() {},
    nowMs: clock.nowMs,
  })
  const asked: string[] = []
  const worker = (number: number, answer: () => Promise<null>) => ({
    id: number,
    link: {
      ask: (method: string) => {
        asked.push(`${number} ${method}`)
        return answer() as Promise<never>
      },
    },
  })
  const workers = [worker(1, async () => null), worker(2, async () => null)]
  const canary = new Canary({ commits, hub, workers: () => workers, clock, withinMs: WITHIN_MS, freshMs: FRESH_MS })
  const ask = () => time.settle(canary.ask())
  return { time, ask, sent, workers, worker, asked, hub }
}

t.test('it goes through the log and to each worker; the answer is good for a while, and for all who ask', async (t) => {
  const { time, ask, sent, asked, hub } = await setUp(t)
  const lines = await Promise.all([ask(), ask()])
  t.match(lines[0], { part: 'canary', ok: true, reason: /^through the log to 2 workers in \d+ ms$/ })
  t.equal(lines[0], lines[1])
  t.equal(await ask(), lines[0])
  t.equal(sent.length, 1, 'the log pays for one')
  t.strictSame(asked, ['1 canary', '2 canary'])
  t.equal([...hub.history(0)].length, 0, 'no client is told')
  await time.pass(FRESH_MS - 10)
  await ask()
  t.equal(sent.length, 1)
  await time.pass(10)
  await ask()
  t.equal(sent.length, 2)
})

t.test('a store that stalls makes it not ready in its time, and one record waits for it', async (t) => {
  const { promise: stalled, resolve: goOn } = Promise.withResolvers<void>()
  const { time, ask, sent } = await setUp(t, () => stalled)
  for (let i = 0; i < 3; i++) {
    const askedMs = time.nowMs
    t.match(await ask(), { ok: false, reason: `the record did not come back from the log within ${WITHIN_MS} ms` })
    t.equal(time.nowMs - askedMs, WITHIN_MS)
  }
  t.equal(sent.length, 1)
  goOn()
  t.match(await ask(), { ok: true })
})

t.test('a store that takes nothing is the reason', async (t) => {
  const { ask, sent } = await setUp(t, () => Promise.reject(new StoreUnavailable('the disk has no space')))
  t.match(await ask(), { ok: false, reason: /^the log refused the record: the store takes no writes/ })
  await ask()
  t.equal(sent.length, 2, 'it is tried again')
})

t.test('a worker that does not answer, or has ended, is named', async (t) => {
  const { ask, workers, worker } = await setUp(t)
  workers.push(
    worker(3, () => new Promise(() => {})),
    worker(4, () => Promise.reject(new Error('cut'))),
  )
  t.match(await ask(), { ok: false, reason: `the record did not reach worker 3, 4 within ${WITHIN_MS} ms` })
  workers.splice(2)
  t.match(await ask(), { ok: true })
})
