import type { Test } from 'tap'
import type { RoomId } from '../../src/protocol/ids.ts'
import type { Journal, JournalEntry } from '../../src/store/journal.ts'

const A = 'arena:a' as RoomId
/** Begins as the other one does. */
const B = 'arena:ab' as RoomId

const entry = (room: RoomId, tick: number, text = `${room} ${tick}`): JournalEntry => ({
  room,
  tick,
  bytes: Buffer.from(text),
})

async function textsOf(journal: Journal, room: RoomId) {
  const read = await journal.read(room)
  return (
    read && {
      head: read.head && Buffer.from(read.head).toString(),
      checkpoint: read.checkpoint && [read.checkpoint.tick, Buffer.from(read.checkpoint.bytes).toString()],
      ticks: read.records.map(({ tick, bytes }) => [tick, Buffer.from(bytes).toString()]),
    }
  )
}

/** What every journal has to do. */
export function journalContract(t: Test, open: (t: Test) => Promise<Journal>): void {
  t.test('a room without a journal has none', async (t) => {
    const journal = await open(t)
    t.equal(await journal.read(A), undefined)
    t.strictSame(await journal.rooms(), [])
  })

  t.test('records are read in the order of their ticks, each room by itself', async (t) => {
    const journal = await open(t)
    await journal.append([entry(A, 0, 'head of a'), entry(B, 0, 'head of ab')])
    await journal.append([entry(A, 1), entry(B, 3), entry(A, 2)])
    await journal.append([entry(A, 300)])
    t.strictSame(await textsOf(journal, A), {
      head: 'head of a',
      checkpoint: undefined,
      ticks: [1, 2, 300].map((tick) => [tick, `${A} ${tick}`]),
    })
    t.strictSame((await textsOf(journal, B))?.ticks, [[3, `${B} 3`]])
    t.strictSame(await journal.rooms(), [A, B])
  })

  t.test('what was given may be changed afterwards', async (t) => {
    const journal = await open(t)
    const bytes = Buffer.from('first')
    await journal.append([{ room: A, tick: 1, bytes }])
    bytes.fill(0)
    t.strictSame((await textsOf(journal, A))?.ticks, [[1, 'first']])
  })

  t.test('a checkpoint lets go of what is before it, and of no head and no other room', async (t) => {
    const journal = await open(t)
    await journal.append([entry(A, 0, 'head'), ...[1, 2, 3, 4].map((tick) => entry(A, tick)), entry(B, 1)])
    await journal.checkpoint(entry(A, 2, 'as of 2'))
    t.strictSame(await textsOf(journal, A), {
      head: 'head',
      checkpoint: [2, 'as of 2'],
      ticks: [3, 4].map((tick) => [tick, `${A} ${tick}`]),
    })
    await journal.checkpoint(entry(A, 9, 'as of 9'))
    t.strictSame(await textsOf(journal, A), { head: 'head', checkpoint: [9, 'as of 9'], ticks: [] })
    t.strictSame((await textsOf(journal, B))?.ticks, [[1, `${B} 1`]])
  })

  t.test('the last beat is known, and is no room', async (t) => {
    const journal = await open(t)
    t.equal(await journal.lastBeat(), undefined)
    for (const atMs of [1_700_000_000_000, 1_700_000_000_001.5]) {
      await journal.beat({ atMs, code: `of ${atMs}` })
      t.strictSame(await journal.lastBeat(), { atMs, code: `of ${atMs}` })
    }
    t.strictSame([await journal.rooms(), journal.damaged], [[], []])
  })

  t.test('a room that is deleted leaves nothing', async (t) => {
    const journal = await open(t)
    await journal.append([entry(A, 0), entry(A, 1), entry(B, 1)])
    await journal.checkpoint(entry(A, 1))
    await journal.delete(A)
    t.equal(await journal.read(A), undefined)
    t.strictSame(await journal.rooms(), [B])
    await journal.delete(A)
  })
}
