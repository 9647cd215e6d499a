import t from 'tap'
import { systemClock } from '../../src/base/clock.ts'
import { ChannelHeads } from '../../src/hub/channel-heads.ts'
import { GroupCommit } from '../../src/hub/group-commit.ts'
import { Hub } from '../../src/hub/hub.ts'
import { History } from '../../src/hub/history.ts'
import { Refusal } from '../../src/protocol/errors.ts'
import type { Channel } from '../../src/protocol/ids.ts'
import type { PlacedEvent } from '../../src/protocol/placed-event.ts'
import { createMemoryStore } from '../../src/store/memory/memory-store.ts'
import { StoreUnavailable, type CommitResult, type Store, type Transaction } from '../../src/store/store.ts'
import { placed } from '../helpers/placed.ts'
import { until } from '../helpers/until.ts'

const A = 'n/a' as Channel
const B = 'n/b' as Channel
const body = (text: string) => Buffer.from(JSON.stringify({ text }))

async function openHub(options: { historyBytes?: number; ttlMs?: number } = {}) {
  const store = createMemoryStore({ clock: systemClock, epoch: 'e1' })
  const delivered: { worker: number; entries: readonly PlacedEvent[] }[] = []
  const hub = await Hub.open({
    store,
    clock: systemClock,
    historyBytes: options.historyBytes ?? 1 << 20,
    historyTtlMs: options.ttlMs ?? 60_000,
    deliver: (outgoing) => {
      for (const [worker, entries] of outgoing) delivered.push({ worker, entries })
    },
  })
  const append = async (...channels: Channel[]) =>
    store.commit({ log: channels.map((channel) => ({ channel, body: body('x') })), durable: false })
  return { store, hub, delivered, append }
}

t.test('prev names the event before in the same channel', async (t) => {
  const { hub, delivered, append } = await openHub()
  hub.interest.add(1, A)
  hub.interest.add(1, B)
  await append(A, B, A)
  await append(B, A)
  const seen = delivered.flatMap(({ entries }) => entries)
  t.strictSame(
    seen.map(({ offset, prev, channel }) => [offset, prev, channel]),
    [
      [1, 0, A],
      [2, 0, B],
      [3, 1, A],
      [4, 2, B],
      [5, 3, A],
    ],
  )
})

t.test('only workers that have somebody in a channel get its events', async (t) => {
  const { hub, delivered, append } = await openHub()
  hub.interest.add(1, A)
  hub.interest.add(2, B)
  hub.interest.add(2, A)
  hub.interest.remove(2, A)
  hub.interest.add(3, A)
  hub.interest.removeWorker(3)
  await append(A, B)
  t.strictSame(
    delivered.map(({ worker, entries }) => [worker, entries.map(({ channel }) => channel)]),
    [
      [1, [A]],
      [2, [B]],
    ],
  )
})

t.test('interest is counted: one of two that leaves does not end it', async (t) => {
  const { hub } = await openHub()
  hub.interest.add(1, A)
  hub.interest.add(1, A)
  hub.interest.remove(1, A)
  t.strictSame(workersOf(hub, A), [1])
  hub.interest.remove(1, A)
  t.strictSame(workersOf(hub, A), [])
})

t.test('a replay has every event of its channels after the cursor, in order', async (t) => {
  const { hub, append } = await openHub()
  await append(A, B, A, B, A)
  const replay = hub.replay({ epoch: 'e1', offset: 1 }, [A, B])
  t.ok(replay.recovered)
  if (!replay.recovered) return
  t.strictSame(
    replay.chunk.entries.map(({ offset }) => offset),
    [2, 3, 4, 5],
  )
  t.equal(replay.count, 4)
  const ofOne = hub.replay({ epoch: 'e1', offset: 1 }, [A])
  t.strictSame(ofOne.recovered && ofOne.chunk.entries.map(({ offset }) => offset), [3, 5])
})

t.test('a large replay comes in parts that together have everything once', async (t) => {
  const { store, hub } = await openHub({ historyBytes: 64 << 20 })
  const large = Buffer.from(JSON.stringify({ text: 'x'.repeat(10_000) }))
  for (let i = 0; i < 50; i++) await store.commit({ log: [{ channel: A, body: large }], durable: false })
  const offsets: number[] = []
  let cursor = 0
  let parts = 0
  for (;;) {
    const replay = hub.replay({ epoch: 'e1', offset: cursor }, [A])
    if (!replay.recovered) throw new Error('not recovered')
    parts++
    offsets.push(...replay.chunk.entries.map(({ offset }) => offset))
    if (replay.chunk.complete) break
    cursor = offsets.at(-1) ?? 0
  }
  t.ok(parts > 5, `${parts} parts`)
  t.strictSame(
    offsets,
    Array.from({ length: 50 }, (_, i) => i + 1),
  )
})

t.test('a cursor that cannot be served is refused whole, with the reason', async (t) => {
  const { hub, append } = await openHub({ historyBytes: 64 * 1024 })
  const reason = (epoch: string, offset: number) => {
    const replay = hub.replay({ epoch, offset }, [A])
    return replay.recovered ? 'recovered' : replay.reason
  }
  for (let i = 0; i < 500; i++) await append(A)
  t.equal(reason('e2', 400), 'EPOCH_CHANGED')
  t.equal(reason('e1', 501), 'HISTORY_GONE', 'an offset ahead')
  t.equal(reason('e1', 1), 'HISTORY_GONE', 'trimmed away')
  t.equal(reason('e1', 500), 'recovered')
  t.strictSame(hub.replay(undefined, [A]), { recovered: false, reason: 'HISTORY_GONE' })
})

t.test('history lets go of what is too old, and says from where on it is whole', async (t) => {
  const history = new History({ bytesMax: 1 << 20, ttlMs: 1000, floor: 0 })
  const entry = (offset: number, channel: Channel) => placed(channel, offset)
  history.add(entry(1, A), 1000)
  history.add(entry(2, B), 1500)
  history.add(entry(3, A), 2600)
  history.trim(2500)
  t.equal(history.floor, 2)
  t.strictSame(
    [...history.after(0, [A, B])].map(({ offset }) => offset),
    [3],
  )
  t.ok(history.bytes > 0)
  history.trim(10_000)
  t.equal(history.bytes, 0)
  t.equal(history.floor, 3)
})

t.test('a channel that was let go gets a prev at or after its true last offset', async (t) => {
  const heads = new ChannelHeads(3, 0)
  const last = new Map<Channel, number>()
  let exact = 0
  for (let offset = 1; offset <= 5000; offset++) {
    const channel = `u/${(offset * 7919) % 11}` as Channel
    const prev = heads.advance(channel, offset)
    const truth = last.get(channel) ?? 0
    t.ok(prev >= truth && prev < offset, `${prev} for ${truth} at ${offset}`)
    if (prev === truth) exact++
    last.set(channel, offset)
  }
  t.ok(exact < 5000, 'some were let go')
})

t.test('what comes while a commit is under way shares the next one, and each gets its own offset', async (t) => {
  const sizes: number[] = []
  const { promise: goOn, resolve: go } = Promise.withResolvers<void>()
  const store = wrapStore(async (transaction, memory) => {
    sizes.push(transaction.log?.length ?? 0)
    await goOn
    return memory.commit(transaction)
  })
  const commits = new GroupCommit({
    store,
    queueMax: 100,
    batchMax: 50,
    intervalMs: 0,
    nowMs: () => 0,
    onCommit: () => {},
  })
  const first = Array.from({ length: 5 }, () => append(commits))
  t.ok(await until(() => sizes.length === 1))
  const others = Array.from({ length: 15 }, () => append(commits))
  go()
  t.strictSame(
    await Promise.all([...first, ...others]),
    Array.from({ length: 20 }, (_, i) => i + 1),
  )
  t.strictSame(sizes, [5, 15], 'of the commits')
})

t.test('a full queue refuses with a time, and a store that is gone with UNAVAILABLE', async (t) => {
  const store = wrapStore(() => Promise.reject(new StoreUnavailable('no disk')))
  const commits = new GroupCommit({
    store,
    queueMax: 2,
    batchMax: 50,
    intervalMs: 0,
    nowMs: () => 0,
    onCommit: () => {},
  })
  const results = await Promise.all(Array.from({ length: 3 }, () => append(commits)))
  const codes = results.map((result) => (result instanceof Refusal ? result.code : result))
  t.strictSame(codes, ['UNAVAILABLE', 'UNAVAILABLE', 'OVERLOADED'])
  const overloaded = results[2]
  t.equal(overloaded instanceof Refusal && typeof overloaded.details?.['retry_after_ms'], 'number')
})

t.test('what is to be there once is not appended again, and what shares its commit is', async (t) => {
  const store = createMemoryStore({ clock: systemClock, epoch: 'e1' })
  await store.commit({ puts: [{ key: 'taken', value: body('x') }], durable: true })
  const onCommit = () => {}
  const commits = new GroupCommit({ store, queueMax: 100, batchMax: 50, intervalMs: 0, nowMs: () => 0, onCommit })
  const append = (key?: string): Promise<number | string> =>
    new Promise((resolve) => {
      const once = key === undefined ? {} : { once: { key, value: body('x') } }
      commits.append({ record: { channel: A, body: body('x') }, ...once }, (result) =>
        resolve(result instanceof Refusal ? result.code : result),
      )
    })
  const results = await Promise.all([
    append(),
    append('taken'),
    append('new'),
    append('new'),
    append(),
    append('newer'),
  ])
  t.strictSame(results, [1, 'CONFLICT', 2, 'CONFLICT', 3, 4], 'in their order')
  t.equal((await store.list('new', { limit: 10 })).length, 2)
})

/** A memory store with another way to commit. */
function workersOf(hub: Hub, channel: Channel): readonly number[] {
  const workers: number[] = []
  for (let listener = hub.interest.listeners(channel); listener; listener = listener.next) workers.push(listener.worker)
  return workers
}

function wrapStore(commit: (transaction: Transaction, store: Store) => Promise<CommitResult>): Store {
  const store = createMemoryStore({ clock: systemClock, epoch: 'e1' })
  return {
    epoch: store.epoch,
    limits: store.limits,
    get: (keys) => store.get(keys),
    list: (prefix, page) => store.list(prefix, page),
    follow: (follower) => store.follow(follower),
    history: (range, onBatch) => store.history(range, onBatch),
    close: () => store.close(),
    commit: (transaction) => commit(transaction, store),
  }
}

function append(commits: GroupCommit): Promise<number | Refusal> {
  return new Promise((resolve) => commits.append({ record: { channel: A, body: body('x') } }, resolve))
}
