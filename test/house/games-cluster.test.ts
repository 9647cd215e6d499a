/** Rooms with games on several nodes: each runs at one of them, and players come to it from all. */
import t from 'tap'
import { PlainClient } from '../helpers/house/plain-client.ts'
import { codeOf } from '../helpers/house/open-house.ts'
import { openGameCluster } from '../helpers/games/cluster.ts'
import { lap } from '../helpers/games/lap.ts'
import type { RoomId } from '../../src/protocol/ids.ts'
import { OutcomeUnknown } from '../../src/store/store.ts'

const JOIN = 'core.game.room.join'
const AS_REST = { limit: 10, cursor: null } as const

t.test('a room of another node: a join is told where it is, by any client', async (t) => {
  const { nodes, here } = await openGameCluster(t, [lap])
  const [one, two] = nodes
  const room = await one.make('lap')
  const details = { url: 'http://n1.house.test', node: 'n1' }
  const bob = await PlainClient.open(two.house, { user: 'bob', worker: here(1) })
  t.match(await bob.ask(JOIN, { room_id: room }), { success: false, error: { code: 'MOVED', details } })
  t.match(await bob.ask(JOIN, { room_id: room, as: 'spectator' }), { error: { code: 'MOVED', details } })
  t.match(await bob.ask(JOIN, { room_id: 'lap:nowhere' }), { error: { code: 'ROOM_NOT_FOUND' } })
  const guest = await PlainClient.open(two.house, { worker: here(1) })
  t.match(await guest.ask(JOIN, { room_id: room }), { error: { code: 'MOVED', details } })

  await t.test('and so are requests of REST', async (t) => {
    const id = room as RoomId
    const asked = [
      () => two.house.ask('gameRoom', { room: id }),
      () => two.house.ask('gameRoomKick', { room: id, user: 'alice' }),
      () => two.house.ask('gameRoomInput', { room: id, user: 'alice', name: 'go', input: { by: 1 } }),
      () => two.house.ask('gameRoomMove', { room: id, host: null }),
      () => two.house.ask('gameBotAdd', { room: id, bot: 'steady', idempotencyKey: null }),
      () => two.house.ask('roomGet', { room: id }),
      () => two.house.ask('roomDelete', { room: id, ifTag: null }),
    ]
    for (const ask of asked) t.equal(await codeOf(ask()), 'MOVED')
    t.match(await two.house.ask('roomList', AS_REST), { items: [{ room_id: room, game: 'lap', members: 0 }] })
    await one.house.ask('roomDelete', { room: id, ifTag: null })
    await one.pass(100)
    t.equal(await codeOf(two.house.ask('gameRoom', { room: id })), 'ROOM_NOT_FOUND')
    const ofGame = { ...AS_REST, namespace: null, game: 'lap', where: {} }
    t.strictSame((await two.house.ask('gameRooms', ofGame)).items, [])
    t.match(await two.house.ask('roomList', AS_REST), { items: [] })
    t.match(await bob.ask(JOIN, { room_id: room }), { error: { code: 'ROOM_NOT_FOUND' } })
  })
})

t.test('a room that another node has just made is known to whoever asks for it', async (t) => {
  const { nodes, etcd, here } = await openGameCluster(t, [lap])
  const [one, two] = nodes
  const bob = await PlainClient.open(two.house, { user: 'bob', worker: here(1) })
  const release = etcd.hold('n2')
  const room = await one.make('lap')
  const asked = bob.request(JOIN, { room_id: room })
  await one.pass(100)
  release()
  t.match(await bob.reply(asked), { error: { code: 'MOVED' } })
})

t.test('without PUBLIC_URL the error says what is missing', async (t) => {
  const { nodes, here } = await openGameCluster(t, [lap], { env: { PUBLIC_URL: '' } })
  const [one, two] = nodes
  const room = await one.make('lap')
  const bob = await PlainClient.open(two.house, { user: 'bob', worker: here(1) })
  const reply = await bob.ask(JOIN, { room_id: room })
  t.match(reply, { error: { code: 'MOVED', details: { node: 'n1', url: undefined } } })
  t.match(reply.error?.message, /"n1".*PUBLIC_URL/)
  const carol = await two.player('carol')
  await t.rejects(two.settle(carol.enter<typeof lap>(room)), { code: 'MOVED' })
})

for (const encoding of ['json', 'msgpack'] as const) {
  t.test(`the client library goes to the node of the room, and misses nothing: ${encoding}`, async (t) => {
    const { nodes } = await openGameCluster(t, [lap], { seed: encoding.length })
    const [one, two] = nodes
    const alice = await one.player('alice', { encoding })
    const bob = await two.player('bob', { encoding })
    const room = await one.settle(alice.play<typeof lap>('lap'))
    await two.settle(bob.client.join('plain'))
    const heard: unknown[] = []
    bob.client.on('core.game.state.broadcast', ({ payload }) => heard.push(payload.message))
    const carol = await two.player('carol')
    let said = 0
    const say = () => carol.client.broadcast(++said, { room: 'plain' })
    await two.settle(carol.client.join('plain'))
    const entering = bob.enter<typeof lap>(room.id)
    while (bob.client.session?.node === 'n2') {
      await two.settle(say())
      await two.pass(1)
    }
    const other = await two.settle(entering)
    for (let i = 0; i < 5; i++) await two.settle(say())
    t.equal(other.seat, 'bob')
    t.equal(await two.settle(other.send.go({ by: 2 })), 2)
    t.equal(await one.settle(room.send.go({ by: 3 })), 5)
    await two.until(() => heard.length >= said)
    t.strictSame(
      heard,
      Array.from({ length: said }, (_, i) => i + 1),
      'each of what was said meanwhile, once',
    )
    t.equal(bob.client.session?.node, 'n1')
    t.strictSame([...bob.client.rooms].sort(), [room.id, 'plain'].sort())
    await one.pass(500)
    await one.allSee(t, [room, other])
    t.match(await one.house.ask('roomList', AS_REST), { items: [{ room_id: room.id, members: 2 }, { members: 2 }] })
    t.match(await two.house.ask('roomList', AS_REST), { items: [{ room_id: room.id, members: 2 }, { members: 2 }] })
  })
}

t.test('a player who is in a game at one node is not taken away from it', async (t) => {
  const { nodes } = await openGameCluster(t, [lap])
  const [one, two] = nodes
  const alice = await one.player('alice')
  const room = await one.settle(alice.play<typeof lap>('lap'))
  const other = await two.make('lap')
  await t.rejects(one.settle(alice.enter<typeof lap>(other)), {
    code: 'MOVED',
    details: { url: 'http://n2.house.test' },
  })
  t.equal(await one.settle(room.send.go({ by: 1 })), 1)
  await one.settle(room.leave())
  const now = await one.settle(alice.enter<typeof lap>(other))
  t.equal(await one.settle(now.send.go({ by: 1 })), 1)
})

t.test('a connection that comes back by another node returns to its room and seat', async (t) => {
  const { nodes, playerAnywhere } = await openGameCluster(t, [lap], { count: 3, seed: 5 })
  const [one] = nodes
  const id = await one.make('lap')
  const alice = await playerAnywhere('alice')
  const room = await one.settle(alice.enter<typeof lap>(id))
  t.equal(alice.client.session?.node, 'n1')
  let sum = 0
  for (let round = 0; round < 6; round++) {
    t.equal(await one.settle(room.send.go({ by: 1 })), ++sum)
    one.house.worker(0).kill() // nothing listens at this node for a while
    await one.until(() => alice.client.status !== 'ready')
    await one.until(() => one.house.listening.length > 0)
    await one.until(() => alice.client.session?.node === 'n1' && alice.client.status === 'ready')
  }
  t.equal(await one.settle(room.send.go({ by: 1 })), ++sum)
  await one.allSee(t, [room])
  t.strictSame(
    room.state.past['alice']?.filter((what) => what === 'join' || what === 'leave'),
    ['join'],
  )
})

t.test('a player who is in two rooms of a node comes back to both', async (t) => {
  const { nodes, playerAnywhere } = await openGameCluster(t, [lap], { count: 3, seed: 9 })
  const [one] = nodes
  const alice = await playerAnywhere('alice')
  const rooms = []
  for (const id of [await one.make('lap'), await one.make('lap')])
    rooms.push(await one.settle(alice.enter<typeof lap>(id)))
  await one.pass(1_500)
  await one.house.kill()
  await one.until(() => alice.client.session?.node !== 'n1' && alice.client.status === 'ready')
  await one.house.start()
  for (const room of rooms) {
    await one.until(() => alice.client.rooms.includes(room.id))
    t.equal(await one.settle(room.send.go({ by: 1 })), 1)
  }
  t.equal(alice.client.session?.node, 'n1')
})

t.test('a resume that names a room of another node is told where that is, and so are inputs', async (t) => {
  const { nodes, here } = await openGameCluster(t, [lap])
  const [one] = nodes
  const alice = await PlainClient.open(one.house, { user: 'alice', worker: here(0) })
  const { data } = await alice.ask('core.game.room.find', { game: 'lap' })
  const room = String(data?.['room_id'])
  const url = 'http://n1.house.test'
  const back = await alice.resume([room], { worker: here(1) })
  t.match(back.frames[0], { eventType: 'core.game.session.resumed', payload: { rooms: [], recovered: true } })
  await back.until(() => back.events.length > 0)
  t.match(back.events[0], { eventType: 'core.game.room.status', room, payload: { status: 'moved', url } })
  const input = { name: 'go', input: { by: 1 } }
  t.match(await back.ask('core.game.room.input', input, { room }), { error: { code: 'MOVED', details: { url } } })
  t.match(await back.ask('core.game.room.input', input, { room: 'lap:x' }), { error: { code: 'NOT_IN_ROOM' } })
})

t.test('a node dies: whoever asks for its room is told so, and plays on when the node is back', async (t) => {
  const { nodes, playerAnywhere, expire, here } = await openGameCluster(t, [lap], { count: 3, seed: 6 })
  const [one, two] = nodes
  const alice = await playerAnywhere('alice')
  const room = await one.settle(alice.enter<typeof lap>(await one.make('lap')))
  t.equal(await one.settle(room.send.go({ by: 7 })), 7)
  await one.pass(1_500)
  await one.house.kill()
  const bob = await PlainClient.open(two.house, { user: 'bob', worker: here(1) })
  t.match(await bob.ask(JOIN, { room_id: room.id }), { error: { code: 'MOVED' } }, 'nobody knows yet')
  expire(0)
  await two.pass(100)
  const gone = { code: 'UNAVAILABLE', retryable: true, details: { node: 'n1', retry_after_ms: 1_000 } }
  t.match(await bob.ask(JOIN, { room_id: room.id }), { error: gone })
  t.equal(await codeOf(two.house.ask('gameRoom', { room: room.id as RoomId })), 'UNAVAILABLE')
  t.match(await two.house.ask('roomList', AS_REST), { items: [] }, 'the other nodes have no such room')
  t.match(alice.changes, [{ status: 'moved', url: undefined, why: /comes back/ }], 'and so is who was in it')
  await one.pass(5_000)
  t.not(alice.client.session?.node, 'n1')
  await one.house.start()
  await one.until(() => alice.client.session?.node === 'n1')
  t.equal(await one.settle(room.send.go({ by: 1 })), 8)
  await one.allSee(t, [room])
  t.notOk(room.state.past['alice']?.includes('leave'), 'the seat was kept')
  t.match(await two.house.ask('roomList', AS_REST), { items: [{ room_id: room.id, game: 'lap' }] })
})

t.test('a node that is back, but has not the room any more: it says what has become of it', async (t) => {
  const { nodes, expire, here } = await openGameCluster(t, [lap])
  const [one, two] = nodes
  const room = await one.make('lap')
  await one.house.kill()
  expire(0)
  await one.house.journal.delete(room as RoomId)
  await one.house.start()
  const bob = await PlainClient.open(two.house, { user: 'bob', worker: here(1) })
  t.match(await bob.ask(JOIN, { room_id: room }), { error: { code: 'MOVED', details: { node: 'n1' } } })
  const there = await PlainClient.open(one.house, { user: 'bob', worker: here(0) })
  t.match(await there.ask(JOIN, { room_id: room }), { error: { code: 'ROOM_NOT_FOUND' } })
})

t.test('a room runs at one node: its journal at another node is let go', async (t) => {
  const { nodes } = await openGameCluster(t, [lap])
  const [one, two] = nodes
  const room = (await one.make('lap')) as RoomId
  await one.pass(1_500)
  const read = await one.house.journal.read(room)
  // As if somebody had copied the data folder.
  await two.house.kill()
  await two.house.journal.append([{ room, tick: -1, bytes: read?.head ?? new Uint8Array() }])
  const { tick = 0, bytes = new Uint8Array() } = read?.checkpoint ?? {}
  await two.house.journal.checkpoint({ room, tick, bytes })
  t.strictSame(await two.house.journal.rooms(), [room])
  await two.house.start()
  await two.until(() => two.house.node.context.games.rooms.size === 0)
  await two.pass(500)
  t.strictSame(await two.house.journal.rooms(), [])
  t.equal(await codeOf(two.house.ask('gameRoom', { room })), 'MOVED')
  t.match(await one.house.ask('gameRoom', { room }), { game: 'lap' })
})

t.test('a node that lost its place for a while has its rooms all the same, and the others know it again', async (t) => {
  const { nodes, expire, etcd } = await openGameCluster(t, [lap])
  const [one, two] = nodes
  const alice = await one.player('alice')
  const room = await one.settle(alice.play<typeof lap>('lap'))
  const id = room.id as RoomId
  expire(0)
  await one.until(() => etcd.readAll(`/drumbeat/live/owners/${id}`).length > 0)
  await one.pass(100)
  t.equal(await codeOf(two.house.ask('gameRoom', { room: id })), 'MOVED')
  t.equal(await one.settle(room.send.go({ by: 1 })), 1)
})

t.test('a room that another node took meanwhile stops', async (t) => {
  const { nodes, expire, etcd } = await openGameCluster(t, [lap])
  const [one, two] = nodes
  const alice = await one.player('alice')
  const room = await one.settle(alice.play<typeof lap>('lap'))
  const id = room.id as RoomId
  expire(0)
  const told = JSON.stringify({ url: null, room: { room_id: id, namespace: 'private', game: 'lap' } })
  t.equal(await two.settle(two.house.node.context.cluster.claim(id, Buffer.from(told))), true)
  await one.until(() => alice.changes.length > 0)
  t.match(alice.changes, [{ status: 'left', why: 'moved' }])
  t.equal(etcd.readAll(`/drumbeat/live/owners/${id}`).length, 1)
  await one.until(() => one.house.node.context.games.rooms.size === 0)
  t.strictSame(await one.house.journal.rooms(), [])
  t.equal(await codeOf(one.house.ask('gameRoom', { room: id })), 'MOVED')
})

t.test('a room that cannot be claimed is not made', async (t) => {
  const { nodes } = await openGameCluster(t, [lap])
  const [one] = nodes
  const { cluster } = one.house.node.context
  const claim = cluster.claim.bind(cluster)
  const faults = [() => Promise.resolve(false), () => Promise.reject(new OutcomeUnknown('etcd does not answer'))]
  for (const fault of faults) {
    Object.assign(cluster, { claim: fault })
    await t.rejects(one.make('lap'), { code: 'UNAVAILABLE' })
    const alice = await one.player('alice')
    await t.rejects(one.settle(alice.play('lap')), { code: 'UNAVAILABLE' })
    await one.pass(500)
    t.equal(one.house.node.context.games.rooms.size, 0)
    t.strictSame(await one.house.journal.rooms(), [])
  }
  Object.assign(cluster, { claim })
  t.ok(await one.make('lap'))
})

const FIND = 'core.game.room.find'
const LIST = 'core.game.room.list'

t.test('a search finds a room of another node, and the player goes there', async (t) => {
  const { nodes } = await openGameCluster(t, [lap], { count: 3, seed: 12 })
  const [one, two, three] = nodes
  const [alice, bob, carol] = [await one.player('alice'), await two.player('bob'), await three?.player('carol')]
  const room = await one.settle(alice.play<typeof lap>('lap'))
  await one.pass(100)
  const other = await one.settle(bob.play<typeof lap>('lap'))
  t.equal(other.id, room.id)
  t.equal(bob.client.session?.node, 'n1')
  // The listing says that there are two by now.
  await one.pass(1_500)
  const third = await one.settle(
    carol?.play<typeof lap>('lap', { where: { players: 2 } as never }) ?? Promise.reject(new Error()),
  )
  t.equal(third.id, room.id)
  await one.pass(1_000)
  await one.allSee(t, [room, other, third])

  await t.test('but not if it is not what was asked for, and not if the player stays', async (t) => {
    const dave = await PlainClient.open(two.house, { user: 'dave', worker: two.house.worker(0) })
    const lists = await dave.ask(LIST, { game: 'lap' })
    t.match(lists.data, { rooms: [{ room_id: room.id, seats: 3, seats_free: 1, listing: { players: 3 } }] })
    t.strictSame((await dave.ask(LIST, { game: 'lap', where: { players: 9 } })).data?.['rooms'], [])
    t.match(await dave.ask(LIST, { game: 'lap', where: { phase: 'x' } }), { error: { code: 'BAD_REQUEST' } })
    const moved = { error: { code: 'MOVED', details: { url: 'http://n1.house.test', node: 'n1' } } }
    t.match(await dave.ask(FIND, { game: 'lap' }), moved)
    t.match(await dave.ask(FIND, { game: 'lap', stay: 1 }), { error: { code: 'BAD_REQUEST' } })
    const own = await dave.ask(FIND, { game: 'lap', where: { players: 0 } })
    t.match(own, { success: true, data: { game: { seat: 'dave' } } })
    t.not(own.data?.['room_id'], room.id)
    await two.pass(1_000)
    // Both are to be seen by all.
    for (const node of nodes) {
      const asked = { namespace: null, game: 'lap', where: {}, limit: 1, cursor: null }
      const first = await node.house.ask('gameRooms', asked)
      const second = await node.house.ask('gameRooms', { ...asked, cursor: first.next_cursor })
      t.strictSame([...first.items, ...second.items].map(({ room_id }) => room_id).sort(), [
        room.id,
        String(own.data?.['room_id']),
      ])
      t.equal(second.next_cursor, null)
    }
  })
})

t.test('a search makes a room where the player is, if no other room takes the player', async (t) => {
  const { nodes, here } = await openGameCluster(t, [lap])
  const [one, two] = nodes
  await one.make('lap', { password: 'secret' })
  await one.make('lap', { isLocked: true })
  const full = await one.make('lap')
  const rooms = []
  for (let i = 0; i < 4; i++) rooms.push(await one.settle((await one.player(`p${i}`)).enter<typeof lap>(full)))
  await one.pass(1_000)
  const bob = await PlainClient.open(two.house, { user: 'bob', worker: here(1) })
  const made = await bob.ask(FIND, { game: 'lap' })
  t.match(made, { success: true })
  await one.settle(rooms[0]?.leave() ?? Promise.reject(new Error()))
  await one.pass(1_000)
  const carol = await PlainClient.open(two.house, { user: 'carol', worker: here(1) })
  t.equal(
    (await carol.ask(FIND, { game: 'lap' })).data?.['room_id'],
    made.data?.['room_id'],
    'a room of its node first',
  )
  const dave = await PlainClient.open(two.house, { user: 'dave', worker: here(1) })
  t.match(await dave.ask(FIND, { game: 'lap', where: { players: 3 } }), { error: { code: 'MOVED' } })
  t.match(
    await bob.ask(FIND, { game: 'lap', where: { players: 3 } }),
    { success: true },
    'but not from one’s own match',
  )
  const stays = await dave.ask(FIND, { game: 'lap', where: { players: 3 }, stay: true })
  t.match(stays, { success: true }, 'a client that does not want to leave gets a room here')
  const guest = await PlainClient.open(two.house, { worker: here(1) })
  t.match(await guest.ask(FIND, { game: 'lap' }), { success: true }, 'rooms of another namespace do not count')
})

t.test('a search that is sent on stays at the node that it comes to, though that has no room any more', async (t) => {
  const { nodes, etcd } = await openGameCluster(t, [lap], { count: 3 })
  const [one, two, three] = nodes
  const alice = await one.player('alice')
  const { id } = await one.settle(alice.play<typeof lap>('lap'))
  await three?.make('lap')
  await one.pass(1_000)
  const bob = await two.player('bob')
  const release = etcd.hold('n2')
  await one.house.ask('roomDelete', { room: id as RoomId, ifTag: null })
  const room = await one.settle(bob.play<typeof lap>('lap'))
  release()
  t.not(room.id, id)
  t.equal(bob.client.session?.node, 'n1')
})

t.test('without PUBLIC_URL a search sends nobody away', async (t) => {
  const { nodes, here } = await openGameCluster(t, [lap], { env: { PUBLIC_URL: '' } })
  const [one, two] = nodes
  await one.make('lap')
  await one.pass(1_000)
  const bob = await PlainClient.open(two.house, { user: 'bob', worker: here(1) })
  t.match(await bob.ask(FIND, { game: 'lap' }), { success: true })
})

t.test('what does not change of rooms costs etcd nothing', async (t) => {
  const { nodes, etcd } = await openGameCluster(t, [lap])
  const [one] = nodes
  await one.make('lap')
  await one.pass(2_000)
  const [{ mod_revision: before } = { mod_revision: '' }] = etcd.readAll('/drumbeat/live/owners/')
  await one.pass(10_000)
  t.equal(etcd.readAll('/drumbeat/live/owners/')[0]?.mod_revision, before)
})
