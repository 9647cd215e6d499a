import t from 'tap'
import type { GameInfo } from '../../src/link/methods/host.ts'
import { Hosts, type HostLink } from '../../src/placement/hosts.ts'
import { Outlet } from '../../src/placement/outlet.ts'
import { createMemoryJournal } from '../../src/store/memory/memory-journal.ts'

const LINK = {} as HostLink

function open(count: number) {
  const hosts = new Hosts()
  for (let id = 1; id <= count; id++) {
    const outlet = new Outlet({ journal: createMemoryJournal(), onFault: () => {} })
    hosts.add({ id, link: LINK, outlet, generation: 0, isSuccessor: false })
    hosts.listens(id, { games: [], sources: [], code: '' })
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

t.test('rooms go to the newest code, and none goes back to older code', async (t) => {
  const { hosts } = open(2)
  const info = (version: number) => [
    { name: 'a', version } as GameInfo,
    ...(version === 1 ? [{ name: 'b' } as GameInfo] : []),
  ]
  for (const id of [1, 2]) hosts.listens(id, { games: info(1), sources: [], code: 'one' })
  const outlet = new Outlet({ journal: createMemoryJournal(), onFault: () => {} })
  const successor = hosts.add({ id: 3, link: LINK, outlet, generation: 1, isSuccessor: true })
  hosts.listens(3, { games: info(2), sources: [], code: 'two' })
  t.not(hosts.leastBusy()?.id, 3, 'it has not taken over yet')
  t.match(hosts.games, [{ name: 'a', version: 1 }, { name: 'b' }])
  hosts.setOpen(successor, true)
  t.equal(hosts.leastBusy()?.id, 3)
  t.match(hosts.games, [{ name: 'a', version: 2 }])
  t.equal(hosts.games.length, 1)
  hosts.setOpen(successor, false)
  t.equal(hosts.leastBusy(1), undefined, 'a room that has run in newer code waits')
  t.ok(hosts.leastBusy(0))
  t.equal(hosts.games.length, 2)
})

t.test('a host that has not started, drains or has ended is given none', async (t) => {
  const { hosts, place } = open(2)
  const first = hosts.get(1)
  if (first) first.isOpen = false
  t.strictSame([place(), place()], [2, 2])
  hosts.remove(2)
  t.equal(place(), undefined)
})
