/** What matches pay: in the transaction that ends them, once, whatever breaks in between. */
import t from 'tap'
import { decodeEntry } from '../../src/ledger/entries.ts'
import { LedgerVerifier } from '../../src/ledger/verify.ts'
import type { UserId } from '../../src/protocol/ids.ts'
import { GAME, payloadsOf } from '../helpers/games/open-games.ts'
import { openShop, type OpenShop } from '../helpers/games/shoppers.ts'
import { deafStall, stall } from '../helpers/games/stall.ts'
import type { PlainClient } from '../helpers/house/plain-client.ts'
import { NO_FAULTS } from '../helpers/house/store.ts'

const REWARD = 'core.game.room.reward'
const SETTLE_MS = 30_000

/** Two players in a room. */
async function openMatch(t: Parameters<typeof openShop>[0]) {
  const shop = await openShop(t, [stall, deafStall])
  const [alice, bob] = [await shop.enter('alice'), await shop.enter('bob')]
  const room = await shop.find(alice)
  await shop.find(bob)
  return { ...shop, alice, bob, room }
}

const win = (client: PlainClient, room: string) => client.ask(GAME.input, { name: 'win', input: {} }, { room })

async function goldOf({ house }: Pick<OpenShop, 'house'>, user: string): Promise<number> {
  const { balances } = await house.ask('playerGet', { userId: user as UserId })
  return balances['gold'] ?? 0
}

async function entriesOf({ house }: Pick<OpenShop, 'house'>) {
  const { items } = await house.ask('ledgerList', { limit: 1_000, cursor: null })
  return items.map(decodeEntry)
}

t.test(
  'a match pays with its end: an event for each with the new balance, and entries that name the room',
  async (t) => {
    const shop = await openMatch(t)
    const { house, alice, bob, room } = shop
    await win(alice, room)
    await shop.pass(1_000)
    t.match(payloadsOf(alice, GAME.status), [{ status: 'over', result: { winner: 'alice' } }])
    t.strictSame(payloadsOf(alice, REWARD), [{ room, currency: 'gold', amount: 50, balance: 50 }])
    t.strictSame(payloadsOf(bob, REWARD), [{ room, currency: 'gold', amount: 10, balance: 10 }])
    t.match(
      bob.events.find(({ eventType }) => eventType === REWARD),
      { channel: 'user', userId: '@server', namespace: 'private' },
    )
    t.match(await entriesOf(shop), [
      { user_id: 'alice', kind: 'reward', amount: 50, match: { room, reward: 0 } },
      { user_id: 'bob', kind: 'reward', amount: 10, match: { room, reward: 1 } },
    ])
    const revisions = await house.truth.get(['player/alice', 'player/bob', `once/match/${room}/end`])
    t.equal(new Set(revisions.map((record) => record?.revision)).size, 1, 'one transaction')
    t.strictSame(await house.journal.rooms(), [])
    t.match(await alice.ask(GAME.join, { room_id: room }), { error: { code: 'ROOM_OVER' } })
  },
)

t.test('while the store takes nothing the match is not over, and then it is, and paid', async (t) => {
  const shop = await openMatch(t)
  const { house, alice, room } = shop
  house.faults.refused = 1
  await win(alice, room)
  await shop.pass(SETTLE_MS)
  t.strictSame([...payloadsOf(alice, GAME.status), ...payloadsOf(alice, REWARD)], [])
  house.faults.refused = 0
  await shop.pass(SETTLE_MS)
  t.match(payloadsOf(alice, GAME.status), [{ status: 'over' }])
  t.equal(await goldOf(shop, 'alice'), 50)
})

t.test('answers that are lost, and hosts that die with the match, pay it once', async (t) => {
  for (let round = 0; round < 12; round++) {
    const shop = await openMatch(t)
    const { house, alice, bob, room } = shop
    Object.assign(house.faults, { refused: 0.2, lost: 0.2, unanswered: 0.3 })
    alice.request(GAME.input, { name: 'win', input: {} }, { room })
    await shop.pass(7 * round)
    for (const host of house.hosts) if (!host.hasEnded) host.kill()
    await shop.pass(SETTLE_MS)
    Object.assign(house.faults, NO_FAULTS)
    await shop.pass(SETTLE_MS)
    const isOver = payloadsOf(bob, GAME.status).filter((payload) => payload?.['status'] === 'over').length
    if (isOver === 0) await win(alice, room) // the host had not heard of it
    await shop.pass(SETTLE_MS)
    t.match(payloadsOf(bob, GAME.status).at(-1), { status: 'over', result: { winner: 'alice' } })
    t.strictSame([await goldOf(shop, 'alice'), await goldOf(shop, 'bob')], [50, 10])
    t.equal(payloadsOf(alice, REWARD).length, 1)
    const verifier = new LedgerVerifier([])
    const { items } = await house.ask('ledgerList', { limit: 1_000, cursor: null })
    for (const line of items) verifier.add(line)
    t.match(verifier.finish(), { entries: 2, problems: [] })
    await house.close()
  }
})

t.test('a reward that a balance does not hold is left out; the others are paid, and the match ends', async (t) => {
  const shop = await openMatch(t)
  const { house, alice, bob, room } = shop
  const most = { currency: 'gold', amount: Number.MAX_SAFE_INTEGER, idempotencyKey: 'as-much-as-there-may-be' }
  await house.ask('playerCredit', { userId: 'alice' as UserId, ...most })
  await win(alice, room)
  await shop.pass(1_000)
  t.match(payloadsOf(bob, GAME.status), [{ status: 'over' }])
  t.strictSame([payloadsOf(alice, REWARD).length, payloadsOf(bob, REWARD).length], [0, 1])
  t.equal(await goldOf(shop, 'bob'), 10)
})

t.test('what a room has said comes before its end, and that before what it pays', async (t) => {
  const { house, alice, room, pass } = await openMatch(t)
  Object.assign(house.faults, { refused: 0.5, delayMs: 300 })
  await win(alice, room)
  await pass(2 * SETTLE_MS)
  const types = alice.events.map(({ eventType }) => eventType).filter((type) => type !== GAME.patch)
  t.strictSame(types.slice(-3), [GAME.message, GAME.status, REWARD])
})

t.test('whoever comes back while the match ends hears how, and is out of the room', async (t) => {
  const { house, alice, bob, room, pass } = await openMatch(t)
  house.faults.refused = 1
  await win(alice, room)
  await pass(3_000)
  bob.cut()
  await pass(500)
  const back = await bob.resume([room])
  t.ok((back.ready['rooms'] as readonly string[]).includes(room), 'it is in the room still')
  await pass(3_000)
  t.strictSame(payloadsOf(back, GAME.status), [])
  house.faults.refused = 0
  await pass(SETTLE_MS)
  t.match(payloadsOf(back, GAME.status), [{ status: 'over', result: { winner: 'alice' } }])
  t.match(payloadsOf(back, REWARD), [{ amount: 10, balance: 10 }])
  t.match(await back.ask(GAME.input, { name: 'win', input: {} }, { room }), { error: { code: 'ROOM_OVER' } })
})

t.test('a match that had ended when the server did is over, paid once, and its players hear how', async (t) => {
  const { house, alice, bob, room, pass, ...shop } = await openMatch(t)
  await pass(1_500)
  house.journal.delete = () => undefined // the server ends before it comes to that
  await win(alice, room)
  await bob.until(() => payloadsOf(bob, GAME.status).length > 0)
  // As if it had heard nothing of it.
  const query = { ...bob.resumeQuery(), since: 'e1:1' }
  await house.kill()
  await house.start()
  const back = await bob.resume([room], { query })
  await pass(1_000)
  t.match(payloadsOf(back, GAME.status), [{ status: 'over', result: { winner: 'alice' } }])
  const again = await shop.enter('alice')
  const { error } = await again.ask(GAME.join, { room_id: room })
  t.match(error, { code: 'ROOM_OVER', message: 'the room is over' })
  t.notOk(error?.details?.['why'])
  t.equal(await goldOf({ house }, 'alice'), 50)
})
