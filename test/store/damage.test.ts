import { cpSync, readFileSync, rmSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { Channel } from '../../src/protocol/ids.ts'
import { DataRefused, type Store } from '../../src/store/store.ts'
import { makeSample, openAt, tryDamaged } from './damage.ts'

const CHANGE = {
  puts: [{ key: 'k', value: Buffer.from('v') }],
  log: [{ channel: 'n/private' as Channel, body: Buffer.from('changed') }],
  durable: true,
}

/** A folder that was closed after some changes; and the same, one change later. */
async function makeTwo(t: Test): Promise<{ readonly before: string; readonly after: string; readonly epoch: string }> {
  const folder = t.testdir()
  const [before, after] = [join(folder, 'before'), join(folder, 'after')]
  const { folder: made } = await makeSample(join(folder, 'made'), true)
  cpSync(made, before, { recursive: true })
  cpSync(made, after, { recursive: true })
  const store = await openAt(after, 'boot-1')
  await store.commit(CHANGE)
  await store.close()
  return { before, after, epoch: store.epoch }
}

async function opened(t: Test, folder: string, bootId = 'boot-1'): Promise<Store> {
  const store = await openAt(folder, bootId)
  t.teardown(() => store.close())
  return store
}

t.test('a log that is shorter than its head says is let go, and not opened', async (t) => {
  const { after, epoch } = await makeTwo(t)
  const file = join(after, 'log', 'data.mdb')
  truncateSync(file, readFileSync(file).length - 4096)
  const lost: string[] = []
  const store = await openAt(after, 'boot-1', (reason) => lost.push(reason))
  t.teardown(() => store.close())
  t.not(store.epoch, epoch)
  t.match(lost, [/^it has \d+ bytes, and page \d+ would end at/])
  t.match(await store.get(['k']), [{ key: 'k' }], 'the records stay')
})

t.test('a log that another run of the machine did not close is let go by its mark, whatever is in it', async (t) => {
  const { after, epoch } = await makeTwo(t)
  const store = await openAt(after, 'boot-1')
  await store.commit({ log: CHANGE.log, durable: false })
  cpSync(after, `${after}-cut`, { recursive: true })
  await store.close()
  const lost: string[] = []
  const next = await openAt(`${after}-cut`, 'boot-2', (reason) => lost.push(reason))
  t.teardown(() => next.close())
  t.not(next.epoch, epoch)
  t.strictSame(lost, ['it was not closed before the machine stopped'])
})

t.test('records that are gone beside a log, or beside the mark of one, are missed', async (t) => {
  const { after } = await makeTwo(t)
  rmSync(join(after, 'records'), { recursive: true })
  await t.rejects(openAt(after, 'boot-1'), {
    name: DataRefused.name,
    message: /records.data\.mdb is gone, .* move away .*store\.json and .*log/,
  })
  rmSync(join(after, 'log'), { recursive: true })
  await t.rejects(openAt(after, 'boot-1'), { name: DataRefused.name, message: /move away .*store\.json$/ })
  rmSync(join(after, 'store.json'))
  await opened(t, after)
})

t.test('records that are older than the log are refused, with a mark and without', async (t) => {
  const { before, after } = await makeTwo(t)
  rmSync(join(after, 'records'), { recursive: true })
  cpSync(join(before, 'records'), join(after, 'records'), { recursive: true })
  await t.rejects(openAt(after, 'boot-1'), { name: DataRefused.name, message: /the records are older than they were/ })
  rmSync(join(after, 'store.json'))
  await t.rejects(openAt(after, 'boot-1'), {
    name: DataRefused.name,
    message: /older than the log in .* events of 1 changes/,
  })
  await t.rejects(openAt(after, 'boot-1'), DataRefused, 'and again')
  rmSync(join(after, 'log'), { recursive: true })
  await opened(t, after)
})

t.test('records of another store are refused, with a mark and without', async (t) => {
  const { after } = await makeTwo(t)
  const other = await openAt(join(t.testdirName, 'other'), 'boot-1')
  await other.close()
  rmSync(join(after, 'records'), { recursive: true })
  cpSync(join(t.testdirName, 'other', 'records'), join(after, 'records'), { recursive: true })
  await t.rejects(openAt(after, 'boot-1'), { name: DataRefused.name, message: /of another store than .*store\.json/ })
  rmSync(join(after, 'store.json'))
  await t.rejects(openAt(after, 'boot-1'), { name: DataRefused.name, message: /of another store than the log/ })
})

t.test('a log that is older than the records is let go', async (t) => {
  const { before, after, epoch } = await makeTwo(t)
  rmSync(join(after, 'log'), { recursive: true })
  cpSync(join(before, 'log'), join(after, 'log'), { recursive: true })
  const store = await opened(t, after)
  t.not(store.epoch, epoch)
})

t.test('whatever is damaged, no signal ends the process, and no log goes on that is another one', async (t) => {
  const folder = t.testdir()
  const sample = await makeSample(join(folder, 'made'), true)
  for (let seed = 0; seed < 15; seed++) {
    const { done, refused, isNewEpoch, isSameLog } = await tryDamaged(join(folder, 'damaged'), sample, seed)
    t.ok(refused !== undefined || isNewEpoch || isSameLog, `seed ${seed}: ${done}`)
  }
})
