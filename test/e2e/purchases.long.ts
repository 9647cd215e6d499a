import { createPublicKey, verify } from 'node:crypto'
import t from 'tap'
import { receiptBytes } from '../../src/protocol/receipt.ts'
import type { Receipt } from '../../src/protocol/shapes/shop.ts'
import { verifyReceipt, type Ed25519Jwk } from '../../src/client/index.ts'
import { openClient, type Reply, type TestClient } from '../helpers/client.ts'
import { realTime } from '../helpers/real-time.ts'
import { startServer, type TestServer } from '../helpers/server.ts'
import { until } from '../helpers/until.ts'

const BUY = 'core.game.state.buy_good'
const FUNDS = 1_000_000

interface Player {
  readonly balances: Readonly<Record<string, number>>
  readonly inventory: Readonly<Record<string, number>>
}

const good = (id: string, over: object = {}) => ({ id, name: id, price: 7, currency: 'gold', stock: null, ...over })

async function setUp(server: TestServer, users: readonly string[], goods: readonly { id: string }[]): Promise<void> {
  for (const one of goods) await server.admin('PUT', `/api/v1/goods/${one.id}`, one)
  await Promise.all(users.map((user) => credit(server, user, FUNDS)))
}

function credit(server: TestServer, user: string, amount: number): Promise<unknown> {
  const idempotency_key = `credit-of-${user}-${amount}`
  return server.admin('POST', `/api/v1/players/${user}/credit`, { currency: 'gold', amount, idempotency_key })
}

const player = (server: TestServer, user: string) => server.admin('GET', `/api/v1/players/${user}`) as Promise<Player>
const stockOf = async (server: TestServer, id: string) =>
  ((await server.admin('GET', `/api/v1/goods/${id}`)) as { stock: number | null }).stock

const receiptOf = ({ data }: Reply) => data as unknown as Receipt

t.test('1,000 purchases by 50 users at once: exactly the sums, and exactly the 10 that there were', async (t) => {
  const server = await startServer(t)
  const users = Array.from({ length: 50 }, (_, i) => `buyer-${i}`)
  const goods = Array.from({ length: 20 }, (_, i) => good(`good-${i}`, i === 0 ? { stock: 10 } : {}))
  await setUp(server, users, goods)
  const clients = await Promise.all(users.map((user) => openClient(server, { token: server.mint(user) })))
  t.teardown(() => clients.forEach((client) => client.terminate()))

  const replies = await Promise.all(
    Array.from({ length: 1000 }, async (_, i) => {
      const client = clients[i % 50] as TestClient
      const good_id = `good-${i % 20}`
      return { user: client.userId, good_id, reply: await client.request(BUY, { good_id, count: 1 }) }
    }),
  )
  const bought = replies.filter(({ reply }) => reply.success)
  const refused = replies.filter(({ reply }) => !reply.success)
  t.equal(bought.length, 960, '950 of the unlimited goods and 10 of the other')
  t.strictSame([...new Set(refused.map(({ reply }) => reply.error?.code))], ['OUT_OF_STOCK'])
  t.ok(refused.every(({ good_id }) => good_id === 'good-0'))
  t.equal(await stockOf(server, 'good-0'), 0)

  for (const user of users) {
    const own = bought.filter((purchase) => purchase.user === user)
    const { balances, inventory } = await player(server, user)
    t.equal(balances['gold'], FUNDS - own.length * 7, `${user}: balance`)
    t.equal(
      Object.values(inventory).reduce((sum, count) => sum + count, 0),
      own.length,
      `${user}: inventory`,
    )
  }
  t.equal(new Set(bought.map(({ reply }) => receiptOf(reply).purchase_id)).size, 960, 'each has a receipt of its own')

  const { public_key, jwk } = (await server.admin('GET', '/api/v1/receipt-key')) as {
    public_key: string
    jwk: Ed25519Jwk
  }
  const key = createPublicKey(public_key)
  const isGenuine = (receipt: Receipt) =>
    verify(null, receiptBytes(receipt), key, Buffer.from(receipt.signature, 'base64url'))
  t.ok(
    bought.every(({ reply }) => isGenuine(receiptOf(reply))),
    'every receipt verifies',
  )
  const receipt = receiptOf((bought[0] as (typeof bought)[0]).reply)
  t.ok(await verifyReceipt(receipt, jwk), 'also with the SDK, offline')
  t.notOk(await verifyReceipt({ ...receipt, total: 1 }, jwk))

  const first = clients[0] as TestClient
  const own = bought.filter(({ user }) => user === first.userId).length
  await until(() => first.events.length >= own)
  t.equal(first.events.filter(({ eventType }) => eventType === BUY).length, own, 'the buyer got an event for each')
})

t.test('1,000 identical requests over 50 sockets on all workers give one receipt', async (t) => {
  const server = await startServer(t)
  await setUp(server, ['alice'], [good('sword')])
  const token = server.mint('alice')
  const clients = await Promise.all(Array.from({ length: 50 }, () => openClient(server, { token })))
  t.teardown(() => clients.forEach((client) => client.terminate()))
  const request = { good_id: 'sword', count: 3, idempotency_key: 'one-key-of-sixteen-or-more' }
  const replies = await Promise.all(
    Array.from({ length: 1000 }, (_, i) => (clients[i % 50] as TestClient).request(BUY, request)),
  )
  const receipts = replies.map(receiptOf)
  t.ok(replies.every(({ success }) => success))
  t.equal(receipts.filter(({ replayed }) => !replayed).length, 1)
  const [original] = receipts.filter(({ replayed }) => !replayed)
  for (const receipt of receipts) t.strictSame({ ...receipt, replayed: false }, original)
  t.equal((await player(server, 'alice')).balances['gold'], FUNDS - 21)
})

t.test('a balance of 10 buys exactly 10, and a stock of 10 sells exactly 10', async (t) => {
  const server = await startServer(t)
  await setUp(server, ['rich'], [good('cheap', { price: 1 }), good('rare', { price: 1, stock: 10 })])
  await credit(server, 'poor', 10)
  const poor = await openClient(server, { token: server.mint('poor') })
  const rich = await openClient(server, { token: server.mint('rich') })
  t.teardown(() => [poor, rich].forEach((client) => client.terminate()))
  const buy = async (client: TestClient, good_id: string) => {
    const replies = await Promise.all(Array.from({ length: 1000 }, () => client.request(BUY, { good_id, count: 1 })))
    return replies.map(({ success, error }) => (success ? 'bought' : error?.code))
  }
  const count = (outcomes: readonly unknown[], outcome: string) => outcomes.filter((one) => one === outcome).length
  const [ofPoor, ofRich] = await Promise.all([buy(poor, 'cheap'), buy(rich, 'rare')])
  t.strictSame([count(ofPoor, 'bought'), count(ofPoor, 'INSUFFICIENT_FUNDS')], [10, 990])
  t.strictSame([count(ofRich, 'bought'), count(ofRich, 'OUT_OF_STOCK')], [10, 990])
  t.strictSame([(await player(server, 'poor')).balances['gold'], await stockOf(server, 'rare')], [0, 0])
})

t.test('SIGKILL of everything in mid-load loses no purchase that was answered, and does none by half', async (t) => {
  const server = await startServer(t)
  await setUp(server, ['alice'], [good('sword', { stock: 100_000 })])
  const client = await openClient(server, { token: server.mint('alice') })
  const keys = Array.from({ length: 600 }, (_, i) => `purchase-number-${String(i).padStart(6, '0')}`)
  const answered = new Map<string, Receipt>()
  const attempts = keys.map(async (idempotency_key, i) => {
    await realTime(i)
    const reply = await client.request(BUY, { good_id: 'sword', count: 1, idempotency_key })
    if (reply.success) answered.set(idempotency_key, receiptOf(reply))
    else t.ok(['OUTCOME_UNKNOWN', 'UNAVAILABLE'].includes(reply.error?.code ?? ''), 'never a certain no')
  })
  const settled = Promise.allSettled(attempts)
  await until(() => answered.size > 100)
  await server.kill()
  await settled
  t.comment(`${answered.size} of 600 were answered before the end`)

  await server.restart()
  const again = await openClient(server, { token: server.mint('alice') })
  t.teardown(() => again.terminate())
  for (const [idempotency_key, receipt] of answered) {
    const reply = await again.request(BUY, { good_id: 'sword', count: 1, idempotency_key })
    t.strictSame(receiptOf(reply), { ...receipt, replayed: true })
  }
  for (const idempotency_key of keys) await again.request(BUY, { good_id: 'sword', count: 1, idempotency_key })
  const { balances, inventory } = await player(server, 'alice')
  t.strictSame(
    [balances['gold'], inventory['sword']],
    [FUNDS - 600 * 7, 600],
    'each key was done once, before or after',
  )
  t.equal(await stockOf(server, 'sword'), 100_000 - 600)
})
