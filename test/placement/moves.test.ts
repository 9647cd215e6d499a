import t from 'tap'
import type { Entrances } from '../../src/placement/entrances.ts'
import { Hosts, type HostLink } from '../../src/placement/hosts.ts'
import { Moves, type MovesOptions } from '../../src/placement/moves.ts'
import { Outlet } from '../../src/placement/outlet.ts'
import type { PlacedRoom } from '../../src/placement/placed-room.ts'
import type { RoomJournals } from '../../src/placement/room-journals.ts'
import type { RoomRecordings } from '../../src/placement/recordings.ts'
import { createMemoryJournal } from '../../src/store/memory/memory-journal.ts'

t.test('a room that was on its way to a host when that ended is seen to by whoever places rooms', async (t) => {
  const hosts = new Hosts()
  const journal = createMemoryJournal()
  const asked: string[] = []
  const link = { call: (method: string) => void asked.push(method) } as unknown as HostLink
  const outlet = new Outlet({ journal, onFault: () => {} })
  const host = hosts.add({ id: 1, link, outlet, generation: 0, isSuccessor: false })
  const orphaned: PlacedRoom[] = []
  const moves = new Moves({
    hosts,
    journals: {} as RoomJournals,
    counts: {} as MovesOptions['counts'],
    workers: {} as MovesOptions['workers'],
    entrances: {} as Entrances,
    recordings: {} as RoomRecordings,
    orphaned: (room) => void orphaned.push(room),
  })
  const room = { id: 'a:1', checkpoint: { tick: 1, text: '{}' }, host: undefined } as unknown as PlacedRoom
  hosts.remove(1)
  t.equal(await moves.restore(room, host, 'move'), undefined)
  t.strictSame([orphaned, room.host, host.rooms.size, asked], [[room], undefined, 0, []])
})
