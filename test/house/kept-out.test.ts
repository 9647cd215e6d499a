/** What was granted is taken back: users and addresses that are kept out, keys that are gone. */
import t from 'tap'
import { Bans } from '../../src/connections/bans.ts'
import { createWorkerKeys } from '../../src/worker/keys.ts'
import { openHouse } from '../helpers/house/open-house.ts'

const PING = 'core.game.session.ping'
const REFRESH = 'core.game.session.refresh'
const MINUTE_MS = 60_000
const PAGE = { limit: 10, cursor: null }

t.test('a guest who is kicked for a time does not come back as that guest, until it is over', async (t) => {
  const { house, enterAsGuest, pass } = await openHouse(t)
  const mallory = await enterAsGuest({ worker: house.worker(0) })
  const other = await enterAsGuest()
  const { userId } = mallory
  t.match(await house.ask('kick', { userId: userId as never, forMs: MINUTE_MS }), { kicked: 1, until: Number })
  t.match(await mallory.end(), { code: 4502 })
  for (const worker of house.listening) {
    const back = await mallory.resume([], { worker })
    t.match(back.closed, { code: 4502, reason: /keeps this user or address out/ })
    t.strictSame(back.frames, [], 'before the first frame')
  }
  t.ok((await other.ask(PING, {})).success, 'nobody else is concerned')
  t.match(await house.ask('banList', PAGE), { items: [{ of: 'user', id: userId }], next_cursor: null })
  await pass(MINUTE_MS)
  t.match((await mallory.resume()).ready, { user_id: userId })
  t.match(await house.ask('banList', PAGE), { items: [] })
})

t.test('an address is kept out with all who come from it, IPv6 by /64, until that is lifted', async (t) => {
  const { house, enter } = await openHouse(t)
  const [first, neighbour] = ['2001:db8::1', '2001:db8::2']
  const alice = await enter('alice', { address: first })
  const bob = await enter('bob')
  const who = { of: 'address', id: '2001:db8::/64' } as const
  t.match(await house.ask('ban', { who, forMs: MINUTE_MS }), { ...who, kicked: 1 })
  t.match(await alice.end(), { code: 4502 })
  t.match((await enter('carol', { address: neighbour })).closed, { code: 4502 })
  t.equal((await enter('alice', { address: '2001:db8:0:1::1' })).closed, undefined, 'from elsewhere')
  t.equal(bob.closed, undefined)
  await house.ask('banLift', who)
  t.equal((await enter('carol', { address: neighbour })).closed, undefined)
  await t.rejects(house.ask('banLift', who), { code: 'NOT_FOUND' })
})

t.test('a player who is not connected can be kept out, and one connection takes its user with it', async (t) => {
  const { house, enter } = await openHouse(t)
  await house.ask('kick', { userId: 'eve' as never, forMs: MINUTE_MS })
  t.match((await enter('eve')).closed, { code: 4502 })
  const here = await enter('mallory', { worker: house.worker(0) })
  const there = await enter('mallory', { worker: house.worker(1) })
  const whom = { connectionId: String(here.ready['connection_id']), forMs: MINUTE_MS }
  t.match(await house.ask('kick', whom), { kicked: 2, of: 'user', id: 'mallory' })
  for (const client of [here, there]) t.match(await client.end(), { code: 4502 })
})

t.test('who is kept out still is after a start, and is forgotten by the store when that is over', async (t) => {
  const { house, pass } = await openHouse(t)
  const { store, clock } = house.node.context
  await house.ask('kick', { userId: 'eve' as never, forMs: 10 * MINUTE_MS })
  const bans = new Bans(clock)
  await house.time.settle(bans.load(store))
  const eve = { userId: 'eve' as never, addressKey: '203.0.113.7' }
  t.throws(() => bans.admit(eve), { code: 'FORBIDDEN' })
  await pass(12 * MINUTE_MS)
  t.doesNotThrow(() => bans.admit(eve))
  t.strictSame(await house.time.settle(store.list('bans/', { limit: 10 })), [])
  t.equal(house.node.context.bans.size, 0)
})

t.test('the list of who is kept out has pages', async (t) => {
  const { house } = await openHouse(t)
  for (const id of ['a', 'b', 'c']) await house.ask('ban', { who: { of: 'user', id }, forMs: MINUTE_MS })
  const first = await house.ask('banList', { limit: 2, cursor: null })
  const second = await house.ask('banList', { limit: 2, cursor: first.next_cursor })
  t.strictSame([...first.items, ...second.items].map(({ id }) => id).sort(), ['a', 'b', 'c'])
  t.equal(second.next_cursor, null)
})

t.test(
  'a connection whose key is taken out of the set is closed with 4501, unless it brings another token',
  async (t) => {
    const env = { AUTH_CLOCK_SKEW: '0s', AUTH_EXPIRY_GRACE: '10s' }
    const { house, enter, enterAsGuest, pass } = await openHouse(t, { env })
    const worker = house.worker(0)
    const guest = await enterAsGuest({ worker })
    const [leaver, refreshed] = [await enter('leaver', { worker }), await enter('refreshed', { worker })]
    const { sessions } = worker.parts.realTime
    sessions.keysChanged(() => true)
    await pass(60_000)
    t.equal(leaver.closed, undefined, 'the key is there')
    sessions.keysChanged(() => false)
    await pass(9_000)
    sessions.keysChanged(() => false)
    t.ok((await refreshed.ask(REFRESH, { token: house.mint('refreshed') })).success)
    t.equal(leaver.closed, undefined, 'within the grace')
    t.match(await leaver.end(2_000), { code: 4501, reason: /key of the token was taken back/ })
    await pass(60_000)
    for (const client of [guest, refreshed]) t.ok((await client.ask(PING, {})).success)
  },
)

t.test('a key that comes back in time ends nothing', async (t) => {
  const { house, enter, pass } = await openHouse(t)
  const alice = await enter('alice', { worker: house.worker(0) })
  const { sessions } = house.worker(0).parts.realTime
  sessions.keysChanged(() => false)
  sessions.keysChanged(() => true)
  await pass(120_000)
  t.ok((await alice.ask(PING, {})).success)
})

t.test('a key of a set is the same object for as long as it is in there', async (t) => {
  const settings = { AUTH_JWT_ALGORITHMS: ['EdDSA'] as const }
  const keys = createWorkerKeys({ kind: 'jwks' }, settings, () => {})
  keys.set([
    ['one', 'pem 1', ['EdDSA']],
    ['two', 'pem 2', ['EdDSA']],
  ])
  const [one, two] = [keys.source.find('one'), keys.source.find('two')]
  if (!one || !two) throw new Error('there are no keys')
  keys.set([
    ['two', 'pem 2', ['EdDSA']],
    ['three', 'pem 3', ['EdDSA']],
  ])
  t.equal(keys.source.find('two'), two)
  t.notOk(keys.isKnown(one))
  t.ok(keys.isKnown(two))
  keys.set([['two', 'another', ['EdDSA']]])
  t.notOk(keys.isKnown(two), 'another key under its name')
})

for (const kind of ['player', 'guest'] as const) {
  t.test(`a resume token is of one use once its client has the next one: ${kind}`, async (t) => {
    const { enter, enterAsGuest, pass } = await openHouse(t)
    const first = kind === 'player' ? await enter('alice') : await enterAsGuest()
    first.cut()
    const second = await first.resume()
    t.match(second.ready, { recovered: true, user_id: first.userId })
    second.cut()
    const retried = await first.resume()
    t.match(retried.ready, { recovered: true, user_id: first.userId }, 'its client may not have heard of the second')
    await pass(71_000)
    const stolen = await first.resume()
    t.match(stolen.ready, { recovered: false, reason: 'TOKEN_INVALID' })
    if (kind === 'guest') t.not(stolen.userId, first.userId, 'somebody else')
    t.not(stolen.ready['session_id'], first.ready['session_id'])
    t.equal(retried.closed, undefined)
    const next = await retried.resume()
    t.match(next.ready, { recovered: true, user_id: first.userId, session_id: first.ready['session_id'] })
    t.match((await first.resume()).ready, { recovered: false }, 'a newer one was used')
  })
}
