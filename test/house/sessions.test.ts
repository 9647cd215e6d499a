import t from 'tap'
import { openHouse } from '../helpers/house/open-house.ts'

const BROADCAST = 'core.game.state.broadcast'
const JOIN = 'core.game.room.join'
const PING = 'core.game.session.ping'
const REFRESH = 'core.game.session.refresh'
/** Of a first frame. */
const FIELDS = (
  'connection_id epoch max_payload_bytes namespace node offset ping_interval_ms resume_token server_time session_id ' +
  'user_id'
).split(' ')

t.test('the first frame says who the connection is and where the log stands', async (t) => {
  const { house, enter, enterAsGuest } = await openHouse(t)
  const alice = await enter('alice')
  t.strictSame(Object.keys(alice.ready).sort(), FIELDS)
  t.match(alice.frames[0], { eventType: 'core.game.session.ready' })
  t.match(alice.ready, { user_id: 'alice', namespace: 'private', epoch: 'e1', offset: house.node.context.hub.head })
  const guest = await enterAsGuest({ encoding: 'msgpack' })
  t.match(guest.ready, { user_id: /^guest-./, namespace: 'guest' })
  t.equal(house.node.context.registry.countHere, 2)
  await guest.close()
  await house.time.until(() => house.node.context.registry.countHere === 1, 1_000)
  t.equal(house.node.context.registry.countHere, 1, 'who closes is gone')
})

for (const encoding of ['json', 'msgpack'] as const) {
  t.test(`who resumes gets what was missed, once and in order, and then what is new: ${encoding}`, async (t) => {
    const { enter } = await openHouse(t)
    const alice = await enter('alice', { encoding })
    const bob = await enter('bob')
    for (const client of [alice, bob]) await client.ask(JOIN, { room_id: 'camp' })
    await bob.ask(BROADCAST, { message: 'seen' }, { room: 'camp' })
    await alice.until(() => alice.heard.length === 1)
    alice.cut()
    await bob.ask(BROADCAST, { message: 'missed in the room' }, { room: 'camp' })
    await bob.ask(BROADCAST, { message: 'missed in the namespace' })
    const back = await alice.resume(['camp'])
    t.match(back.frames[0], { eventType: 'core.game.session.resumed' })
    t.match(back.ready, { recovered: true, rooms: ['camp'], session_id: alice.ready['session_id'] })
    await bob.ask(BROADCAST, { message: 'new' }, { room: 'camp' })
    await back.until(() => back.heard.includes('new'))
    t.strictSame(back.heard, ['missed in the room', 'missed in the namespace', 'new'])
    const replayed = Number(back.ready['replayed'])
    t.equal(back.events[replayed - 1]?.payload?.['message'], 'missed in the namespace', '`replayed` counts the replay')
  })
}

t.test('a resume of a session that is still open gives a second connection of the session', async (t) => {
  const { enter } = await openHouse(t)
  const alice = await enter('alice')
  const again = await alice.resume()
  t.match(again.ready, { recovered: true, replayed: 0, session_id: alice.ready['session_id'] })
  t.not(again.ready['connection_id'], alice.ready['connection_id'])
  t.equal(alice.closed, undefined)
})

t.test('a resume whose history is gone is not recovered, and its rooms are joined all the same', async (t) => {
  const { enter, pass } = await openHouse(t, { env: { HISTORY_TTL: '10s' } })
  const alice = await enter('alice')
  const bob = await enter('bob')
  await alice.ask(JOIN, { room_id: 'camp' })
  alice.cut()
  await bob.ask(JOIN, { room_id: 'camp' })
  await bob.ask(BROADCAST, { message: 'long ago' }, { room: 'camp' })
  // The embedded store keeps no more than the hub does.
  await pass(30_000)
  await bob.ask(BROADCAST, { message: 'just now' }, { room: 'camp' })
  const back = await alice.resume(['camp'])
  t.match(back.ready, { recovered: false, reason: 'HISTORY_GONE', replayed: 0, rooms: ['camp'] })
  await bob.ask(BROADCAST, { message: 'new' }, { room: 'camp' })
  await back.until(() => back.heard.length > 0)
  t.strictSame(back.heard, ['new'])
})

t.test('each thing that is wrong with a resume has its reason', async (t) => {
  const { enter, pass } = await openHouse(t, { env: { RESUME_TOKEN_TTL: '1m' } })
  const alice = await enter('alice')
  const bob = await enter('bob')
  const { since = '', resume = '' } = alice.resumeQuery()
  const bad = {
    'another epoch': { query: { since: since.replace('e1', 'e0') }, reason: 'EPOCH_CHANGED' },
    'an offset ahead of the log': { query: { since: 'e1:99999' }, reason: 'HISTORY_GONE' },
    'no cursor': { query: { since: '' }, reason: 'HISTORY_GONE' },
    'a token that was changed': { query: { resume: `x${resume}` }, reason: 'TOKEN_INVALID' },
    "somebody else's token": { query: { resume: String(bob.ready['resume_token']) }, reason: 'TOKEN_INVALID' },
  }
  for (const [name, { query, reason }] of Object.entries(bad)) {
    const back = await alice.resume(['camp'], { query })
    t.match(back.ready, { recovered: false, reason, replayed: 0, rooms: ['camp'], user_id: 'alice' }, name)
    const isTheSame = back.ready['session_id'] === alice.ready['session_id']
    t.equal(isTheSame, reason !== 'TOKEN_INVALID', `${name}: the session is ${isTheSame ? 'the same' : 'new'}`)
  }
  await pass(61_000)
  t.match((await alice.resume()).ready, { recovered: false, reason: 'TOKEN_INVALID' }, 'a token that is too old')
})

t.test('a resume joins the rooms that it can: not what is no room id, is too many, full or not there', async (t) => {
  const { enter, enterAsGuest, makeRoom } = await openHouse(t, { env: { MAX_ROOMS_PER_CONNECTION: '3' } })
  await makeRoom('full', { capacity: 1 })
  const bob = await enter('bob')
  await bob.ask(JOIN, { room_id: 'full' })
  const alice = await enter('alice')
  const back = await alice.resume(['a/b', '', 'full', 'r1', 'r1', 'r2', 'r3'])
  t.strictSame(back.ready['rooms'], ['r1', 'r2'], 'full is one of the three that were looked at')
  const guest = await enterAsGuest()
  const again = await guest.resume(['nowhere'])
  t.match(again.ready, { recovered: true, rooms: [] })
  t.equal(again.userId, guest.userId, 'a guest keeps the id')
})

t.test('a resume gives nothing of the time before its session, whatever cursor and rooms it names', async (t) => {
  const { house, enter } = await openHouse(t)
  const bob = await enter('bob')
  await bob.ask(JOIN, { room_id: 'camp' })
  await bob.ask(BROADCAST, { message: 'before her' }, { room: 'camp' })
  await bob.ask(BROADCAST, { message: 'before her, to all' })
  const alice = await enter('alice')
  const query = { since: 'e1:0' }
  const named = await alice.resume(['camp'], { query })
  await bob.ask(BROADCAST, { message: 'to both' })
  await named.until(() => named.heard.length > 0)
  t.strictSame(named.heard, ['to both'])
  const again = await named.resume(['camp'], { query, worker: house.worker(1) })
  await again.until(() => again.heard.length > 0)
  t.strictSame(again.heard, ['to both'], 'the session that is resumed twice began when it began')
})

t.test('who may not join rooms does not join them by a resume', async (t) => {
  const { enter } = await openHouse(t, { env: { PRIVATE_DENIED_EVENTS: JOIN } })
  const alice = await enter('alice')
  t.match(await alice.ask(JOIN, { room_id: 'staff' }), { success: false, error: { code: 'FORBIDDEN' } })
  t.match((await alice.resume(['staff'])).ready, { recovered: true, rooms: [] })
  t.match((await alice.resume(['staff'], { query: { resume: 'x' } })).ready, { reason: 'TOKEN_INVALID', rooms: [] })
})

t.test('a client that does not name its rooms is in those that it was in, on any worker', async (t) => {
  const { house, enter } = await openHouse(t)
  const [alice, bob] = [await enter('alice', { worker: house.worker(0) }), await enter('bob')]
  for (const room_id of ['camp', 'left']) await alice.ask(JOIN, { room_id })
  await alice.ask('core.game.room.leave', { room_id: 'left' })
  await bob.ask(JOIN, { room_id: 'camp' })
  alice.cut()
  await bob.ask(BROADCAST, { message: 'missed' }, { room: 'camp' })
  const back = await alice.resume(null, { worker: house.worker(1) })
  t.match(back.ready, { recovered: true, rooms: ['camp'] })
  await bob.ask(BROADCAST, { message: 'new' }, { room: 'camp' })
  await back.until(() => back.heard.length === 2)
  t.strictSame(back.heard, ['missed', 'new'])
  t.match((await back.resume([])).ready, { recovered: true, rooms: [] }, 'who names none is in none')
})

t.test(
  'the rooms of a session are those of its newest connection, also while an older one is not found dead',
  async (t) => {
    const { enter } = await openHouse(t)
    const alice = await enter('alice')
    await alice.ask(JOIN, { room_id: 'first' })
    alice.wire.cut({ clientMs: 0, serverMs: 20_000 })
    const second = await alice.resume(null)
    t.match(second.ready, { recovered: true, rooms: ['first'] })
    await second.ask(JOIN, { room_id: 'second' })
    second.cut()
    const third = await second.resume(null)
    t.strictSame(new Set(third.ready['rooms'] as string[]), new Set(['first', 'second']))
  },
)

t.test(
  'rooms that are neither named nor known any more are said to be unknown, and nothing is recovered',
  async (t) => {
    const { enter, pass } = await openHouse(t, { env: { HISTORY_TTL: '10s' } })
    const alice = await enter('alice')
    await alice.ask(JOIN, { room_id: 'camp' })
    await alice.close()
    await pass(60_000)
    t.match((await alice.resume(null)).ready, { recovered: false, reason: 'ROOMS_UNKNOWN', rooms: [] })
  },
)

t.test("a guest's id is kept by nobody but the guest, and not in another namespace", async (t) => {
  const { enter, enterAsGuest } = await openHouse(t)
  const guest = await enterAsGuest()
  const other = await enterAsGuest()
  t.not(other.userId, guest.userId)
  const player = await enter('alice', { query: guest.resumeQuery() })
  t.match(player.ready, { user_id: 'alice', recovered: false, reason: 'TOKEN_INVALID' })
  const alice = await enter('alice')
  const stranger = await enterAsGuest({ query: alice.resumeQuery() })
  t.match(stranger.ready, { user_id: /^guest-/, recovered: false, reason: 'TOKEN_INVALID' })
})

t.test('who is kicked is closed with 4502, on whatever worker, and nobody else is', async (t) => {
  const { house, enter } = await openHouse(t)
  const here = await enter('mallory', { worker: house.worker(0) })
  const there = await enter('mallory', { worker: house.worker(1) })
  const alice = await enter('alice')
  t.strictSame(await house.ask('kick', { connectionId: String(here.ready['connection_id']), forMs: null }), {
    kicked: 1,
  })
  t.match(await here.end(), { code: 4502 })
  t.equal(there.closed, undefined)
  t.strictSame(await house.ask('kick', { userId: there.userId as never, forMs: null }), { kicked: 1 })
  t.match(await there.end(), { code: 4502 })
  t.ok((await alice.ask(PING, {})).success)
  await t.rejects(house.ask('kick', { userId: 'mallory' as never, forMs: null }), { code: 'USER_OFFLINE' })
  await t.rejects(house.ask('kick', { connectionId: 'none', forMs: null }), { code: 'NOT_FOUND' })
})

t.test('one connection more than a user may have is closed with 4504, until another one goes', async (t) => {
  const { house, enter } = await openHouse(t, { env: { MAX_CONNECTIONS_PER_USER: '2' } })
  const first = await enter('alice', { worker: house.worker(0) })
  await enter('alice', { worker: house.worker(1) })
  const third = await enter('alice')
  t.match(third.closed, { code: 4504 })
  t.strictSame(third.frames, [], 'and no first frame before it')
  t.equal((await enter('bob')).closed, undefined)
  await first.close()
  await house.time.pass(100)
  t.equal((await enter('alice')).closed, undefined)
})

t.test('an address that is full is refused, on all workers, until one of its connections goes', async (t) => {
  const { house, enter } = await openHouse(t, { env: { MAX_CONNECTIONS_PER_ADDRESS: '2' } })
  const address = '2001:db8::1'
  const neighbour = '2001:db8::2' // of the same /64
  const first = await enter('alice', { address, worker: house.worker(0) })
  const second = await enter('bob', { address: neighbour, worker: house.worker(0) })
  await house.time.pass(100)
  for (const worker of house.listening) {
    const { refused } = await enter('carol', { address, worker })
    t.match(refused, { status: 429, refusal: { code: 'RATE_LIMITED', details: { retry_after_ms: 5_000 } } })
  }
  t.equal((await enter('carol', { address: '2001:db8:0:1::1' })).closed, undefined, 'another /64')
  await second.close()
  await house.time.pass(100)
  t.equal((await enter('carol', { address, worker: house.worker(1) })).closed, undefined)
  t.equal(first.closed, undefined)
})

for (const { limit, code } of [
  { limit: 'MAX_CONNECTIONS_PER_ADDRESS', code: 4504 },
  { limit: 'MAX_CONNECTIONS_PER_NAMESPACE', code: 4000 },
]) {
  t.test(`two come at the same time for the last place of ${limit}: one is closed with ${code}`, async (t) => {
    const { house, enter } = await openHouse(t, { env: { [limit]: '1' } })
    const workers = house.listening
    for (const worker of workers) worker.freeze()
    const entering = Promise.all(workers.map((worker, i) => enter(`user-${i}`, { worker })))
    await house.time.pass(100)
    for (const worker of workers) worker.thaw()
    const codes = new Set((await entering).map(({ closed }) => closed?.code))
    t.strictSame(codes, new Set([undefined, code]))
  })
}

t.test('a namespace that is full is refused with 503, and the other one is not', async (t) => {
  const { house, enter, enterAsGuest } = await openHouse(t, { env: { MAX_CONNECTIONS_PER_NAMESPACE: '2' } })
  const alice = await enter('alice')
  await enter('bob')
  await house.time.pass(100)
  t.match((await enter('carol')).refused, { status: 503, refusal: { code: 'OVERLOADED' } })
  t.equal((await enterAsGuest()).closed, undefined)
  await alice.close()
  await house.time.pass(100)
  t.equal((await enter('carol')).closed, undefined)
})

t.test('a worker that starts while an address is full is told so', async (t) => {
  const { house, enter } = await openHouse(t, { env: { MAX_CONNECTIONS_PER_ADDRESS: '1' } })
  const address = '192.0.2.1'
  await enter('alice', { address, worker: house.worker(0) })
  house.worker(1).kill()
  await house.time.until(() => house.workers.length === 3 && house.listening.length === 2, 5_000)
  t.match((await enter('bob', { address, worker: house.worker(1) })).refused, { status: 429 })
})

t.test('a connection outlives its token by the grace period only, and is closed with 4002', async (t) => {
  const env = { AUTH_CLOCK_SKEW: '5s', AUTH_EXPIRY_GRACE: '10s' }
  const { enter, pass } = await openHouse(t, { env })
  const alice = await enter('alice', { tokenLifetimeS: 60 })
  await pass(74_000)
  t.equal(alice.closed, undefined)
  await pass(1_500)
  t.match(alice.closed, { code: 4002 })
})

t.test('a fresh token prolongs the connection; a bad one changes nothing', async (t) => {
  const { house, enter, enterAsGuest, pass } = await openHouse(t, { env: { AUTH_EXPIRY_GRACE: '0s' } })
  const alice = await enter('alice', { tokenLifetimeS: 60 })
  const guest = await enterAsGuest()
  const token = house.mint('alice', 200)
  const { data } = await alice.ask(REFRESH, { token })
  t.equal(data?.['expires_at'], Math.floor(Date.now() / 1000) * 1000 + 200_000)
  t.match(await alice.ask(REFRESH, { token: `${token}x` }), { error: { code: 'TOKEN_INVALID' } })
  t.match(await alice.ask(REFRESH, { token: house.mint('alice', -60) }), { error: { code: 'TOKEN_EXPIRED' } })
  t.match(await guest.ask(REFRESH, { token }), { error: { code: 'FORBIDDEN' } })
  await pass(190_000)
  t.equal(alice.closed, undefined)
  await pass(50_000)
  t.match(alice.closed, { code: 4002 })
})

t.test("another user's token ends the connection with 4501", async (t) => {
  const { house, enter } = await openHouse(t)
  const alice = await enter('alice')
  const id = alice.request(REFRESH, { token: house.mint('bob') })
  t.match(await alice.end(), { code: 4501 })
  t.match(await alice.reply(id), { success: false, error: { code: 'FORBIDDEN' } }, 'said before it is closed')
})

t.test('a token that is missing, bad or old is refused before there is a socket', async (t) => {
  const { house, enter } = await openHouse(t)
  t.match((await enter('alice', { tokenLifetimeS: -31 })).refused, { status: 401, refusal: { code: 'TOKEN_EXPIRED' } })
  t.equal((await enter('alice', { tokenLifetimeS: -29 })).refused, undefined, 'clocks may differ')
  t.match((await enter('alice', { token: 'a.b.c' })).refused, { status: 401, refusal: { code: 'TOKEN_INVALID' } })
  t.match((await enter('alice', { token: '' })).refused, { status: 401, refusal: { code: 'AUTH_REQUIRED' } })
  await house.time.pass(100)
  t.equal(house.node.context.registry.countHere, 1)
})

t.test('a client that goes before it was let in leaves nothing behind', async (t) => {
  const { house, enter } = await openHouse(t)
  house.faults.delayMs = 50
  const clients = await Promise.all(Array.from({ length: 10 }, (_, i) => enter(`user-${i}`)))
  for (const client of clients) client.cut()
  await house.time.pass(1_000)
  t.equal(house.node.context.registry.countHere, 0)
  t.ok(house.listening.every((worker) => worker.topics.size === 0))
})
