/** Races that real requests lose or win by chance. */
import t from 'tap'
import { systemClock } from '../../src/base/clock.ts'
import type { RoomDefinition } from '../../src/domain/room.ts'
import { Hub } from '../../src/hub/hub.ts'
import { Idempotency } from '../../src/idempotency/idempotency.ts'
import { RoomService, type RoomServiceOptions } from '../../src/rooms/service.ts'
import { Directory } from '../../src/rooms/directory.ts'
import type { Namespace, RoomId } from '../../src/protocol/ids.ts'
import { encodeRecord } from '../../src/store/json-records.ts'
import { createMemoryStore } from '../../src/store/memory/memory-store.ts'

const ID = 'arena' as RoomId
const ROOM: RoomDefinition = {
  room_id: ID,
  namespace: 'private' as Namespace,
  capacity: 3,
  delivery: 'must',
  game: null,
}

async function setUp() {
  const store = createMemoryStore({ clock: systemClock, epoch: 'e1' })
  const history = { historyBytes: 1 << 20, historyTtlMs: 600_000, deliver: () => {} }
  const hub = await Hub.open({ store, clock: systemClock, ...history })
  const directory = new Directory({
    autoCreateIn: new Set(),
    capacity: 3,
    onMade: () => {},
    onGone: () => {},
    onRemoved: () => {},
  })
  // Each a node of its own, which has not heard of the others' rooms yet.
  const node = () => {
    const idempotency = new Idempotency({ store, clock: systemClock })
    return new RoomService({ store, hub, directory, idempotency } as RoomServiceOptions)
  }
  return { store, hub, directory, node }
}

t.test('of many who make a room where there is none, one does', async (t) => {
  const { node } = await setUp()
  const put = { room: ROOM, ifAbsent: true, idempotencyKey: null }
  const results = await Promise.allSettled(Array.from({ length: 10 }, () => node().put(put)))
  const refused = results.flatMap((result) => (result.status === 'rejected' ? [result.reason as object] : []))
  t.equal(refused.length, 9)
  for (const reason of refused) t.match(reason, { code: 'CONFLICT' })
})

t.test('nodes with one key make it once, and answer alike', async (t) => {
  const { node, store } = await setUp()
  const put = { room: ROOM, ifAbsent: true, idempotencyKey: 'a-key-of-sixteen-characters' }
  const answers = await Promise.all(Array.from({ length: 10 }, () => node().put(put)))
  for (const answer of answers) t.strictSame(answer, answers[0])
  const [record] = await store.get(['room/arena'])
  await node().put(put)
  t.strictSame((await store.get(['room/arena']))[0], record)
})

t.test('nodes with one key define a room once that may be there already', async (t) => {
  const { node, hub } = await setUp()
  const put = { room: ROOM, ifAbsent: false, idempotencyKey: 'a-key-of-sixteen-characters' }
  const answers = await Promise.all(Array.from({ length: 10 }, () => node().put(put)))
  for (const answer of answers) t.strictSame(answer, answers[0])
  t.equal(hub.counts.events, 1)
})

t.test('a room whose state changes while it is being deleted as it was read stays', async (t) => {
  const { node, store, directory } = await setUp()
  const rooms = node()
  await rooms.put({ room: ROOM, ifAbsent: false, idempotencyKey: null })
  directory.define(ROOM)
  const { tag } = await rooms.get(ID)
  const deleted = rooms.delete(ID, tag)
  // Between its reading and its commit.
  const changed = store.commit({ puts: [{ key: 'state/r/private/arena', value: encodeRecord(1) }], durable: true })
  await t.rejects(deleted, { code: 'CONFLICT' })
  await changed
  t.equal((await store.list('', { limit: 10 })).length, 2)
  await rooms.delete(ID, (await rooms.get(ID)).tag)
  t.equal((await store.list('', { limit: 10 })).length, 0)
})
