import t from 'tap'
import { Hosts, type HostLink } from '../../src/placement/hosts.ts'
import { Outlet } from '../../src/placement/outlet.ts'
import { createMemoryJournal } from '../../src/store/memory/memory-journal.ts'

const LINK = {} as HostLink

function open(count: number) {
  const hosts = new Hosts()
  for (let id = 1; id <= count; id++) {
    hosts.add(id, LINK, new Outlet({ journal: createMemoryJournal(), onFault: () => {} }))
    hosts.listens(id, [])
  }
  let handle = 0
  /** Gives a room to whichever host has least to do. Returns its id. */
  const place = () => {
    const host = hosts.leastBusy()
    host?.rooms.add(++handle)
    return host?.id
  }
  const measure = (id: number, busy: number) => {
    const host = hosts.get(id)
    if (host) Object.assign(host, { busy, measuredRooms: host.rooms.size })
  }
  return { hosts, place, measure }
}

t.test('a room goes to the host whose rooms take the least time, however many they are', async (t) => {
  const { place, measure } = open(2)
  t.strictSame([place(), place(), place(), place()], [1, 2, 1, 2])
  measure(1, 0.5)
  measure(2, 0.1)
  t.strictSame([place(), place()], [2, 2], 'until what they are expected to take is as much')
  t.strictSame(new Set([place(), place(), place()]), new Set([1, 2]))
})

t.test('a host that has not started, drains or has ended is given none', async (t) => {
  const { hosts, place } = open(2)
  const first = hosts.get(1)
  if (first) first.isOpen = false
  t.strictSame([place(), place()], [2, 2])
  hosts.remove(2)
  t.equal(place(), undefined)
})
