import t, { type Test } from 'tap'
import { Outlet } from '../../src/placement/outlet.ts'
import type { RoomId } from '../../src/protocol/ids.ts'
import type { Journal, JournalEntry } from '../../src/store/journal.ts'
import { createMemoryJournal } from '../../src/store/memory/memory-journal.ts'
import { OutcomeUnknown, StoreUnavailable } from '../../src/store/store.ts'
import { simulateTime } from '../helpers/house/sim-time.ts'

const record = (tick: number): JournalEntry => ({ room: 'counter:a' as RoomId, tick, bytes: Buffer.from('x') })

function open(t: Test, append: Journal['append']) {
  const time = simulateTime(t)
  const faults: string[] = []
  const said: string[] = []
  const journal = Object.assign(createMemoryJournal(), { append })
  const outlet = new Outlet({ journal, onFault: ({ message }) => faults.push(message), waitingBytesMax: 100 })
  const block = (name: string, records: readonly JournalEntry[], bytes = 10) =>
    outlet.block(records, bytes, (hasPatches) => said.push(hasPatches ? name : `${name} without patches`))
  return { time, outlet, block, said, faults }
}

t.test('where nothing has to be waited for, all is passed on at once', async (t) => {
  const written: number[] = []
  const { outlet, block, said } = open(t, (records) => void written.push(...records.map(({ tick }) => tick)))
  block('one', [record(1)])
  outlet.pass(() => said.push('answer'))
  block('two', [record(2), record(3)])
  t.strictSame(said, ['one', 'answer', 'two'])
  t.strictSame(written, [1, 2, 3])
  t.equal(outlet.waitingBytes, 0)
})

t.test('what waits for a commit holds what is behind it, in order, and nothing in front', async (t) => {
  const done: (() => void)[] = []
  const { time, outlet, block, said } = open(t, () => new Promise<void>((resolve) => done.push(resolve)))
  outlet.pass(() => said.push('before'))
  block('one', [record(1)])
  outlet.pass(() => said.push('answer'))
  block('none', [])
  block('two', [record(2)])
  await time.pass(1_000)
  t.strictSame(said, ['before'])
  t.equal(done.length, 1, 'one commit at a time')
  done[0]?.()
  await time.pass(1)
  t.strictSame(said, ['before', 'one', 'answer', 'none'])
  done[1]?.()
  await time.pass(1)
  t.strictSame(said.at(-1), 'two')
})

t.test('a journal that does not take a record is asked again until it does', async (t) => {
  let calls = 0
  const { time, block, said, faults } = open(t, () => {
    calls++
    if (calls === 1) throw new StoreUnavailable('the disk is full')
    return calls === 2 ? Promise.reject(new OutcomeUnknown('no answer')) : undefined
  })
  block('one', [record(1)])
  t.strictSame(said, [])
  await time.pass(1_000)
  t.strictSame(said, ['one'])
  t.strictSame(faults, ['the disk is full', 'no answer'])
})

t.test('of what waits for too long the patches are left out, and nothing else', async (t) => {
  let isFull = true
  const { time, outlet, block, said } = open(t, () => {
    if (isFull) throw new StoreUnavailable('the disk is full')
    return undefined
  })
  for (let i = 1; i <= 4; i++) block(`block ${i}`, [record(i)], 40)
  outlet.pass(() => said.push('answer'))
  t.equal(outlet.waitingBytes, 80)
  isFull = false
  await time.pass(1_000)
  t.strictSame(said, ['block 1', 'block 2', 'block 3 without patches', 'block 4 without patches', 'answer'])
  t.equal(outlet.waitingBytes, 0)
})
