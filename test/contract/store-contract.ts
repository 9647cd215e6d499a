import type { Test } from 'tap'
import { LATEST, TRACED } from '../../src/protocol/event-head.ts'
import type { Channel } from '../../src/protocol/ids.ts'
import { CONTROL_CHANNEL, type LogBatch, type Store } from '../../src/store/store.ts'
import { toFollower } from '../helpers/follower.ts'
import { until } from '../helpers/until.ts'

const CHANNEL = 'n/private' as Channel
const bytes = (text: string) => new TextEncoder().encode(text)
const text = (value: Uint8Array | undefined) => (value === undefined ? undefined : new TextDecoder().decode(value))

/** What every adapter of the store port must pass. `open` gives a new, empty store each time. */
export function storeContract(t: Test, open: (t: Test) => Promise<Store>): void {
  t.test('what was put is read back, and what was not is undefined', async (t) => {
    const store = await open(t)
    await store.commit({ puts: [{ key: 'a', value: bytes('1') }], durable: true })
    const [a, b] = await store.get(['a', 'b'])
    t.equal(text(a?.value), '1')
    t.equal(b, undefined)
  })

  t.test('a revision grows with each change of a record, and only then', async (t) => {
    const store = await open(t)
    const revision = async () => (await store.get(['a']))[0]?.revision ?? 0
    await store.commit({ puts: [{ key: 'a', value: bytes('1') }], durable: true })
    const first = await revision()
    t.ok(first > 0)
    await store.commit({ puts: [{ key: 'other', value: bytes('1') }], durable: true })
    t.equal(await revision(), first)
    await store.commit({ puts: [{ key: 'a', value: bytes('1') }], durable: true })
    t.ok((await revision()) > first)
  })

  t.test('a transaction whose guard does not hold changes nothing and logs nothing', async (t) => {
    const store = await open(t)
    const seen = await followed(store)
    await store.commit({ puts: [{ key: 'a', value: bytes('1') }], durable: true })
    const result = await store.commit({
      guards: [
        { key: 'a', revision: 0 },
        { key: 'b', revision: 0 },
      ],
      puts: [{ key: 'b', value: bytes('2') }],
      deletes: ['a'],
      log: [{ channel: CHANNEL, body: bytes('{}') }],
      durable: true,
    })
    t.strictSame(result, { committed: false, conflicts: ['a'] })
    t.equal(text((await store.get(['a']))[0]?.value), '1')
    t.equal((await store.get(['b']))[0], undefined)
    await store.commit({ log: [{ channel: CHANNEL, body: bytes('"later"') }], durable: false })
    t.ok(await until(() => seen.length > 0))
    t.equal(text(seen[0]?.records[0]?.body), '"later"')
  })

  t.test('guards hold for the revision that was read and for a key that is absent', async (t) => {
    const store = await open(t)
    await store.commit({ puts: [{ key: 'a', value: bytes('1') }], durable: true })
    const revision = (await store.get(['a']))[0]?.revision ?? -1
    const guards = [
      { key: 'a', revision },
      { key: 'b', revision: 0 },
    ]
    const transaction = { guards, puts: [{ key: 'a', value: bytes('2') }], deletes: ['b'], durable: true }
    t.ok((await store.commit(transaction)).committed)
    t.notOk((await store.commit(transaction)).committed, 'the second one read an older revision')
  })

  t.test('of many transactions that guard the same record at once exactly one commits', async (t) => {
    const store = await open(t)
    const attempts = Array.from({ length: 20 }, (_, i) =>
      store.commit({
        guards: [{ key: 'a', revision: 0 }],
        puts: [{ key: 'a', value: bytes(String(i)) }],
        durable: true,
      }),
    )
    t.equal((await Promise.all(attempts)).filter((result) => result.committed).length, 1)
  })

  t.test('records are listed by prefix, in key order, a page at a time', async (t) => {
    const store = await open(t)
    const keys = ['p/a', 'p/b', 'p/b0', 'p/c', 'q/a', 'o/z']
    await store.commit({ puts: keys.map((key) => ({ key, value: bytes(key) })), durable: true })
    const first = await store.list('p/', { limit: 2 })
    t.strictSame(
      first.map(({ key }) => key),
      ['p/a', 'p/b'],
    )
    const second = await store.list('p/', { after: 'p/b', limit: 10 })
    t.strictSame(
      second.map(({ key }) => key),
      ['p/b0', 'p/c'],
    )
  })

  t.test('a follower sees the history first and then each batch, in one order and once', async (t) => {
    const store = await open(t)
    const log = (...bodies: string[]) => bodies.map((body) => ({ channel: CHANNEL, body: bytes(body) }))
    await store.commit({ log: log('"a"', '"b"'), durable: false })
    const seen = await followed(store)
    const results = await Promise.all([
      store.commit({ log: log('"c"'), durable: false }),
      store.commit({ log: log('"d"'), puts: [{ key: 'k', value: bytes('v') }], durable: true }),
      store.commit({ log: log('"e"', '"f"'), durable: false }),
    ])
    t.ok(await until(() => seen.flatMap(({ records }) => records).length === 6))
    const offsets = seen.flatMap((batch) => batch.records.map((_, i) => batch.offset + i))
    t.strictSame(
      offsets,
      [...offsets].sort((a, b) => a - b),
      'offsets only grow',
    )
    t.equal(new Set(offsets).size, 6)
    const bodyAt = (offset: number) => {
      const batch = seen.find((batch) => offset >= batch.offset && offset < batch.offset + batch.records.length)
      return text(batch?.records[offset - batch.offset]?.body)
    }
    const committed = results.map((result) => (result.committed ? bodyAt(result.offset) : 'refused'))
    t.strictSame(committed, ['"c"', '"d"', '"e"'], 'each result names its own first record')
  })

  t.test('a body comes out of the log byte for byte', async (t) => {
    const store = await open(t)
    const seen = await followed(store)
    const body = new Uint8Array(20_000).map((_, i) => i % 251)
    await store.commit({ log: [{ channel: CHANNEL, body }], durable: false })
    t.ok(await until(() => seen.length > 0))
    t.strictSame([...(seen[0]?.records[0]?.body ?? [])], [...body])
    t.equal(seen[0]?.records[0]?.channel, CHANNEL)
  })

  t.test('an event comes out of the log with its head, and what is for the nodes without one', async (t) => {
    const store = await open(t)
    const head = { kind: 1, flags: LATEST | TRACED, key: 'kGrüße "1"', id: 'an-id' }
    const control = { channel: CONTROL_CHANNEL, body: bytes('{"kind":"canary"}') }
    await store.commit({ log: [{ channel: CHANNEL, head, body: bytes('{}') }, control], durable: false })
    const put = { puts: [{ key: 'k', value: bytes('v') }], durable: true }
    await store.commit({ log: [{ channel: CHANNEL, head, body: bytes('{}') }], ...put })
    const seen = await followed(store)
    const records = () => seen.flatMap((batch) => batch.records)
    t.ok(await until(() => records().length === 3))
    t.strictSame(
      records().map((record) => record.head),
      [head, undefined, head],
    )
  })

  t.test('a follower is told before which offset nothing is given, and is given all behind it', async (t) => {
    const store = await open(t)
    await store.commit({ log: [{ channel: CHANNEL, body: bytes('"a"') }], durable: false })
    const floors: number[] = []
    const offsets: number[] = []
    await store.follow({
      onStart: (floor) => floors.push(floor),
      onBatch: ({ offset }) => offsets.push(offset),
      onProgress: () => {},
    })
    t.equal(floors.length, 1)
    t.ok((floors[0] ?? NaN) < (offsets[0] ?? NaN))
  })

  t.test('a transaction as large as the limits allow commits', async (t) => {
    const store = await open(t)
    const count = Math.min(store.limits.operationsMax, 1000)
    const guards = Array.from({ length: count }, (_, i) => ({ key: `k${i}`, revision: 0 }))
    const value = new Uint8Array(Math.floor(Math.min(store.limits.bytesMax, 1 << 22) / count) - 10)
    const puts = guards.map(({ key }) => ({ key, value }))
    t.ok((await store.commit({ guards, puts, durable: true })).committed)
    t.equal((await store.get(guards.map(({ key }) => key))).filter((record) => record?.value.length).length, count)
    t.notOk((await store.commit({ guards, puts, durable: true })).committed)
  })
}

async function followed(store: Store): Promise<LogBatch[]> {
  const seen: LogBatch[] = []
  await store.follow(toFollower((batch) => seen.push(batch)))
  return seen
}
