import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { renameSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { open } from 'lmdb'
import t, { type Test } from 'tap'
import { systemClock } from '../../src/base/clock.ts'
import type { Channel } from '../../src/protocol/ids.ts'
import { openLmdbStore, type LmdbStoreOptions } from '../../src/store/lmdb/lmdb-store.ts'
import { RecordsEnv } from '../../src/store/lmdb/records-env.ts'
import { NewerSchema, StoreLost, StoreUnavailable, type LogBatch, type Store } from '../../src/store/store.ts'
import { toFollower } from '../helpers/follower.ts'

const CHANNEL = 'n/private' as Channel
let epochs = 0
let runs = 0

function openAt(dataDir: string, over: Partial<LmdbStoreOptions> = {}): Promise<Store> {
  return openLmdbStore({
    dataDir,
    clock: systemClock,
    newEpoch: () => `e${++epochs}`,
    bootId: 'boot-1',
    runId: `run-${++runs}`,
    logSync: false,
    logBytesMax: 1 << 20,
    onLogLost: () => {},
    ...over,
  })
}

const log = (...bodies: string[]) => bodies.map((body) => ({ channel: CHANNEL, body: Buffer.from(body) }))

async function bodiesOf(store: Store): Promise<string[]> {
  const batches: LogBatch[] = []
  await store.follow(toFollower((batch) => batches.push(batch)))
  return batches.flatMap(({ offset, records }) =>
    records.map(({ body }, i) => `${offset + i} ${Buffer.from(body).toString()}`),
  )
}

t.test('log, records and epoch are there again after a restart', async (t) => {
  const dataDir = t.testdir()
  const first = await openAt(dataDir)
  await first.commit({ log: log('a', 'b'), durable: false })
  await first.commit({ log: log('c'), puts: [{ key: 'k', value: Buffer.from('v') }], durable: true })
  await first.close()
  const second = await openAt(dataDir)
  t.teardown(() => second.close())
  t.equal(second.epoch, first.epoch)
  t.strictSame(await bodiesOf(second), ['1 a', '2 b', '3 c'])
  t.equal(Buffer.from((await second.get(['k']))[0]?.value ?? []).toString(), 'v')
  const result = await second.commit({ log: log('d'), durable: false })
  t.strictSame(result, { committed: true, offset: 4, revision: 0 })
})

t.test('a change whose event had not reached the log has it there after the restart, once', async (t) => {
  const dataDir = t.testdir()
  const first = await openAt(dataDir)
  await first.commit({ log: log('a'), durable: false })
  await first.close()
  // As if the process had died between the two commits.
  const records = new RecordsEnv(join(dataDir, 'records'), 'run-that-dies')
  records.take(records.storeId ?? '')
  await records.commit({ puts: [{ key: 'k', value: Buffer.from('v') }], log: log('b'), durable: true }, 1, 0)
  await records.close()
  for (let restart = 0; restart < 3; restart++) {
    const store = await openAt(dataDir)
    t.strictSame(await bodiesOf(store), ['1 a', '2 b'])
    await store.close()
  }
})

t.test('an event of the outbox does not come back when the log has long let it go', async (t) => {
  const dataDir = t.testdir()
  const first = await openAt(dataDir, { logBytesMax: 5000 })
  await first.commit({ log: log('bought'), puts: [{ key: 'k', value: Buffer.from('v') }], durable: true })
  for (let i = 0; i < 100; i++) await first.commit({ log: log('x'.repeat(500)), durable: false })
  await first.close()
  const second = await openAt(dataDir, { logBytesMax: 5000 })
  t.teardown(() => second.close())
  const bodies = await bodiesOf(second)
  t.notOk(bodies.some((body) => body.includes('bought')))
  t.ok(bodies.length < 12, `${bodies.length} are held`)
})

t.test('after a power cut the log is not trusted: the epoch is another one, the records stay', async (t) => {
  const dataDir = t.testdir()
  const first = await openAt(dataDir)
  await first.commit({ log: log('a'), puts: [{ key: 'k', value: Buffer.from('v') }], durable: true })
  // Not closed: as it is found on the disk when the machine comes up again.
  const second = await openAt(dataDir, { bootId: 'boot-2' })
  t.teardown(() => second.close())
  t.not(second.epoch, first.epoch)
  t.equal(Buffer.from((await second.get(['k']))[0]?.value ?? []).toString(), 'v')
})

t.test('a log that was closed in order is trusted after a reboot', async (t) => {
  const dataDir = t.testdir()
  const first = await openAt(dataDir)
  await first.commit({ log: log('a'), durable: false })
  await first.close()
  const second = await openAt(dataDir, { bootId: 'boot-2' })
  t.teardown(() => second.close())
  t.equal(second.epoch, first.epoch)
  t.strictSame(await bodiesOf(second), ['1 a'])
})

t.test(
  'a log that was written without sync is not trusted after a power cut, whatever is configured then',
  async (t) => {
    const dataDir = t.testdir()
    const first = await openAt(dataDir)
    await first.commit({ log: log('a'), durable: false })
    const second = await openAt(dataDir, { bootId: 'boot-2', logSync: true })
    await second.commit({ log: log('b'), durable: false })
    t.not(second.epoch, first.epoch)
    // Not closed either, but synced.
    const third = await openAt(dataDir, { bootId: 'boot-3', logSync: true })
    t.teardown(() => third.close())
    t.equal(third.epoch, second.epoch)
    t.strictSame(await bodiesOf(third), ['1 b'])
  },
)

t.test('whoever opened the data last goes on, and the one before it ends', async (t) => {
  const dataDir = t.testdir()
  const first = await openAt(dataDir)
  await first.commit({ log: log('a'), durable: false })
  const second = await openAt(dataDir)
  t.teardown(() => second.close())
  await t.rejects(first.commit({ log: log('b'), durable: false }), StoreLost)
  await t.rejects(first.commit({ puts: [{ key: 'k', value: Buffer.from('v') }], durable: true }), StoreLost)
  t.match(await second.commit({ log: log('c'), durable: false }), { committed: true, offset: 2 })
  t.strictSame(await bodiesOf(second), ['1 a', '2 c'])
})

t.test('the data of a newer version is refused', async (t) => {
  const dataDir = t.testdir()
  const env = open<number, string>({ path: join(dataDir, 'records'), noSubdir: false })
  await env.put('schema', 999)
  await env.close()
  await t.rejects(openAt(dataDir), NewerSchema)
})

t.test('what was acknowledged survives SIGKILL, again and again', async (t) => {
  const dataDir = t.testdir()
  const acknowledged: string[] = []
  for (let round = 0; round < 10; round++) acknowledged.push(...(await writeUntilKilled(t, dataDir, round)))
  const store = await openAt(dataDir, { logBytesMax: 64 << 20 })
  t.teardown(() => store.close())
  const kept = new Set((await bodiesOf(store)).map((line) => line.split(' ')[1]))
  const lost = acknowledged.filter((name) => !kept.has(name))
  t.strictSame(lost, [], `${acknowledged.length} acknowledged`)
  const records = await store.get(acknowledged.filter((name) => name.startsWith('durable')))
  t.notOk(records.includes(undefined), 'each change is there with its event')
  t.ok(acknowledged.length > 500, `enough was under way: ${acknowledged.length}`)
})

/** Names of what a process had acknowledged when it was killed in the middle of its work. */
async function writeUntilKilled(t: Test, dataDir: string, round: number): Promise<string[]> {
  const script = new URL('./write-until-killed.ts', import.meta.url).pathname
  const child = spawn(process.execPath, [script, dataDir, String(round)], { stdio: ['ignore', 'pipe', 'inherit'] })
  t.teardown(() => child.kill('SIGKILL'))
  const names: string[] = []
  const lines = createInterface({ input: child.stdout })
  lines.on('line', (line) => {
    names.push(line)
    if (names.length === 100) child.kill('SIGKILL')
  })
  await Promise.all([once(child, 'exit'), once(lines, 'close')])
  return names
}

t.test('a data folder that was moved away takes no writes, in words, until it is back', async (t) => {
  const root = t.testdir({ data: {} })
  const [dataDir, elsewhere] = [join(root, 'data'), join(root, 'elsewhere')]
  const store = await openAt(dataDir)
  t.teardown(() => store.close())
  const put = { puts: [{ key: 'k', value: Buffer.from('v') }], durable: true }
  await store.commit(put)
  renameSync(dataDir, elsewhere)
  for (const transaction of [put, { log: log('a'), durable: false }]) {
    const thrown: unknown = await store.commit(transaction).catch((error: unknown) => error)
    t.type(thrown, StoreUnavailable)
    t.match(thrown, { message: /DATA_DIR .*data is not where it was.*put it back/ })
  }
  t.equal((await store.get(['k'])).length, 1, 'what is there can be read')
  renameSync(elsewhere, dataDir)
  t.match(await store.commit(put), { committed: true })
})
