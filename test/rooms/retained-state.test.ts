import t from 'tap'
import { newestState, readState, stateKey, StateSweep } from '../../src/rooms/retained-state.ts'
import { roomChannel, type Namespace, type RoomId } from '../../src/protocol/ids.ts'
import type { PlacedEvent } from '../../src/protocol/placed-event.ts'
import { encodeRecord } from '../../src/store/json-records.ts'
import { Directory } from '../../src/rooms/directory.ts'
import { createMemoryStore } from '../../src/store/memory/memory-store.ts'
import { placeAlone } from '../../src/hub/pack-event.ts'
import { placed, recordOf } from '../helpers/placed.ts'

const PRIVATE = 'private' as Namespace
const id = (name: string) => name as RoomId
const channel = (name: string) => roomChannel(PRIVATE, id(name))

async function setUp({ bytesMax = 1 << 20 } = {}) {
  let nowMs = 0
  const clock = { nowMs: () => nowMs, wallMs: () => nowMs }
  const store = createMemoryStore({ clock, epoch: 'e1' })
  const retain = async (name: string) => {
    await store.commit({ puts: [{ key: stateKey(channel(name)), value: Buffer.from('"kept"') }], durable: true })
    states.noteRetained(channel(name), 6)
  }
  const max = { bytesMax, bytesPerOwnerMax: 1 << 20, statesPerOwnerMax: 1_000 }
  const isThere = (room: RoomId): boolean => directory.get(room) !== undefined
  const states = new StateSweep({ store, clock, keepMs: 1000, ...max, isThere })
  const directory: Directory = new Directory({
    autoCreateIn: new Set([PRIVATE]),
    capacity: 10,
    onMade: ({ room_id, namespace }) => states.noteMade(room_id, namespace),
    onGone: ({ room_id, namespace }) => states.noteGone(room_id, namespace),
    onRemoved: ({ room_id, namespace }) => states.noteDeleted(room_id, namespace),
  })
  const user = 'alice' as Parameters<Directory['join']>[2]
  return {
    store,
    states,
    directory,
    retain,
    enter: (name: string) => directory.join(id(name), PRIVATE, user),
    leave: (name: string) => directory.leave(id(name), user),
    state: (name: string) => readState(store, channel(name)),
    sweepAfter: async (ms: number) => {
      nowMs += ms
      await states.sweep()
    },
  }
}

t.test('the state of a room that was made by joining goes when it has been empty for long enough', async (t) => {
  const { retain, enter, leave, state, sweepAfter } = await setUp()
  enter('r')
  await retain('r')
  await sweepAfter(5000)
  t.equal(await state('r'), 'kept', 'somebody is in it')
  leave('r')
  await sweepAfter(900)
  t.equal(await state('r'), 'kept', 'they may come back')
  enter('r')
  await sweepAfter(5000)
  t.equal(await state('r'), 'kept', 'they did')
  leave('r')
  await sweepAfter(1001)
  t.equal(await state('r'), null)
})

t.test('the state of a room that an operator made again stays', async (t) => {
  const { retain, enter, leave, directory, state, sweepAfter } = await setUp()
  enter('r')
  await retain('r')
  leave('r')
  directory.define({ room_id: id('r'), namespace: PRIVATE, capacity: 10, delivery: 'must', game: null })
  await sweepAfter(5000)
  t.equal(await state('r'), 'kept')
})

t.test('the state of a room that stays, stays', async (t) => {
  const { directory, retain, enter, leave, state, sweepAfter } = await setUp()
  directory.define({ room_id: id('kept'), namespace: PRIVATE, capacity: 5, game: null })
  enter('kept')
  await retain('kept')
  leave('kept')
  await sweepAfter(5000)
  t.equal(await state('kept'), 'kept')
})

t.test('what was there before the start goes, too, unless somebody comes for it', async (t) => {
  const { directory, store, states, enter, state, sweepAfter } = await setUp()
  for (const name of ['left', 'again', 'kept']) {
    await store.commit({ puts: [{ key: stateKey(channel(name)), value: Buffer.from('"kept"') }], durable: true })
  }
  directory.define({ room_id: id('kept'), namespace: PRIVATE, capacity: 5, game: null })
  await states.load()
  enter('again')
  await sweepAfter(1001)
  t.strictSame(await Promise.all(['left', 'again', 'kept'].map(state)), [null, 'kept', 'kept'])
})

t.test('nothing is kept of a room in which nothing was retained', async (t) => {
  const { states, enter, leave, retain } = await setUp()
  for (let i = 0; i < 1_000; i++) {
    enter(`r${i}`)
    leave(`r${i}`)
  }
  t.equal(states.emptyRooms, 0)
  enter('r')
  await retain('r')
  t.equal(states.emptyRooms, 0, 'there is somebody')
  leave('r')
  t.equal(states.emptyRooms, 1)
})

t.test('a sweep works until it is done, and a second one does not begin meanwhile', async (t) => {
  const { states, enter, leave, retain, sweepAfter, store } = await setUp()
  for (let i = 0; i < 1_050; i++) {
    enter(`r${i}`)
    await retain(`r${i}`)
    leave(`r${i}`)
  }
  let commits = 0
  const commit = store.commit.bind(store)
  Object.assign(store, { commit: (...args: Parameters<typeof store.commit>) => (commits++, commit(...args)) })
  const first = sweepAfter(1_001)
  await states.sweep()
  t.equal(commits, 1)
  await first
  t.equal(commits, 11)
  t.strictSame([states.emptyRooms, states.budget.states, states.budget.bytes], [0, 0, 0])
})

t.test('where all states together take too much, those of rooms that are empty for longest go first', async (t) => {
  const { states, enter, leave, retain, sweepAfter } = await setUp({ bytesMax: 100 * 262 })
  enter('there')
  await retain('there')
  for (let i = 0; i < 94; i++) {
    enter(`r${i}`)
    await retain(`r${i}`)
    leave(`r${i}`)
  }
  await sweepAfter(1)
  t.ok(states.budget.bytes <= 80 * 262)
  t.ok(states.budget.has(channel('there')) && !states.budget.has(channel('r0')))
})

t.test('what another node has put is swept, too, and what was deleted with its room is forgotten', async (t) => {
  const { states, directory, retain, state, sweepAfter } = await setUp()
  await retain('left')
  t.equal(states.emptyRooms, 1, 'nobody is in it')
  await sweepAfter(1_001)
  t.equal(await state('left'), null)
  directory.define({ room_id: id('made'), namespace: PRIVATE, capacity: 5, game: null })
  await retain('made')
  directory.remove(id('made'))
  t.strictSame([states.emptyRooms, states.budget.states], [0, 0])
})

t.test('the newest retained message behind the state that was read is the state', async (t) => {
  const room = channel('arena')
  const says = (offset: number, payload: object) => placed(room, offset, 0, { payload })
  const newest = (later: readonly PlacedEvent[]) =>
    JSON.parse(Buffer.from(newestState(encodeRecord('read'), later) ?? []).toString()) as unknown
  t.equal(newest([]), 'read')
  t.equal(newest([says(1, { message: 1 }), says(2, { message: { retain: true } })]), 'read')
  const retained = says(2, { message: 2, retain: true })
  t.equal(newest([says(1, { message: 1, retain: true }), retained, says(3, { message: 3 })]), 2)
  const { body } = recordOf(room, { payload: { message: 2, retain: true } })
  const older = placeAlone({ channel: room, body }, { offset: 2, prev: 0 })
  t.equal(newest([older]), 2, 'an event of a version that wrote no heads is read')
  const unreadable = placeAlone({ ...recordOf(room), body: Buffer.from('{"payload":') }, { offset: 4, prev: 2 })
  t.equal(newest([retained, unreadable]), 2, 'and no other that retains nothing')
})
