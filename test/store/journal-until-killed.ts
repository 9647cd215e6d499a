import { writeSync } from 'node:fs'
import type { RoomId } from '../../src/protocol/ids.ts'
import { openLmdbJournal } from '../../src/store/lmdb/lmdb-journal.ts'

// Appends a record of two rooms for each tick, with a checkpoint now and then, and prints each tick that was written, until it is killed.
const [dataDir = ''] = process.argv.slice(2)
const journal = await openLmdbJournal({ dataDir, runId: 'run-1', onLost: () => {} })
const rooms = ['arena:a', 'arena:b'] as RoomId[]
for (let tick = 0; ; tick++) {
  await journal.append(rooms.map((room) => ({ room, tick, bytes: Buffer.from(`${room} ${tick}`) })))
  const [room] = rooms
  if (room && tick % 50 === 49) await journal.checkpoint({ room, tick, bytes: Buffer.from(`as of ${tick}`) })
  writeSync(1, `${tick}\n`)
}
