/** Bad purchases, against a real server over real sockets: what is refused has changed nothing. */
import { join } from 'node:path'
import t from 'tap'
import { systemClock } from '../../src/base/clock.ts'
import type { Encoding } from '../../src/protocol/events.ts'
import { encodeMsgpack } from '../../src/protocol/msgpack.ts'
import { openLmdbStore } from '../../src/store/lmdb/lmdb-store.ts'
import { openClient, type Reply, type TestClient } from '../helpers/client.ts'
import { webSocketFrame } from '../helpers/raw.ts'
import { startServer } from '../helpers/server.ts'
import { encode } from './msgpack.ts'
import { codeOf, shown, stayedUp, until } from './support.ts'

const BUY = 'core.game.state.buy_good'
const HOUR_MS = 3_600_000
const RATE = 1
const BURST = 10 * RATE
const QUEUE = 16
const GARBAGE = {
  'not-json': '{"balances":',
  'not-an-object': '7',
  'not-a-number': '{"user_id":"not-a-number","balances":{"gold":"1000"},"inventory":{},"bought":{}}',
  negative: '{"user_id":"negative","balances":{"gold":-5},"inventory":{},"bought":{}}',
  fraction: '{"user_id":"fraction","balances":{"gold":1.5},"inventory":{},"bought":{}}',
}

const good = (id: string, more: object = {}) => ({ id, name: id, price: 5, currency: 'gold', ...more })
const goods = [
  good('potion', { stock: 1_000_000 }),
  good('dear', { price: Number.MAX_SAFE_INTEGER }),
  good('tomorrow', { sale_from: Date.now() + HOUR_MS }),
  good('yesterday', { sale_until: Date.now() - HOUR_MS }),
]
const folder = t.testdir({ 'goods.json': JSON.stringify({ goods }), data: {} })
const dataDir = join(folder, 'data')
await putGarbage(dataDir)
const server = await startServer(t, {
  DATA_DIR: dataDir,
  GOODS_FILE: join(folder, 'goods.json'),
  RATE_PURCHASES: String(RATE),
  RATE_MESSAGES: '5000',
  RATE_BYTES: '64MiB',
  BUY_QUEUE_MAX: String(QUEUE),
})

/** What a disk or a hand may have done to the records of players. */
async function putGarbage(dataDir: string): Promise<void> {
  const options = {
    clock: systemClock,
    newEpoch: () => 'e',
    bootId: 'b',
    runId: 'r',
    logSync: false,
    logBytesMax: 1 << 20,
    onLogLost: () => {},
  }
  const store = await openLmdbStore({ dataDir, ...options })
  const puts = Object.entries(GARBAGE).map(([user, text]) => ({ key: `player/${user}`, value: Buffer.from(text) }))
  await store.commit({ puts, durable: true })
  await store.close()
}

async function rich(user: string, amount = 1000, encoding: Encoding = 'json'): Promise<TestClient> {
  const idempotency_key = `money-for-${user}-0123456789`
  await server.admin('POST', `/api/v1/players/${user}/credit`, { currency: 'gold', amount, idempotency_key })
  return openClient(server, { token: server.mint(user), encoding })
}

/** Everything that a purchase would change. */
async function books(user: string) {
  const { items } = (await server.admin('GET', '/api/v1/goods')) as { items: { id: string; stock: number | null }[] }
  return {
    player: (await server.admin('GET', `/api/v1/players/${user}`)) as { inventory: Record<string, number> },
    purchases: (await server.admin('GET', `/api/v1/players/${user}/purchases?limit=1000`)) as { items: object[] },
    stock: items.map(({ id, stock }) => [id, stock]),
  }
}

/** msgpack: a map of these keys and values, in turn. */
const mapOf = (...parts: readonly Buffer[]) => Buffer.concat([Buffer.of(0x80 | (parts.length / 2)), ...parts])
const ONE = Buffer.of(1)
const HUNDRED = Buffer.of(100)

const said = (reply: Reply) => `${codeOf(reply)} ${reply.error?.details?.path ?? ''}`.trim()

for (const encoding of ['json', 'msgpack'] as const) {
  t.test(`${encoding}: orders that make no sense are refused with the place, and nothing is written`, async (t) => {
    const name = `alice-${encoding}`
    const alice = await rich(name, Number.MAX_SAFE_INTEGER, encoding)
    const before = await books(name)
    const bad: readonly [string, string][] = [
      ...['0', '-1', '-0', '1.5', '"1"', 'null', 'true', '[1]', '{}', '1e400', '9007199254740993', '1001', '1e-7'].map(
        (count): [string, string] => ['count', `{"good_id":"potion","count":${count}}`],
      ),
      ['count', '{"good_id":"potion"}'],
      ['count', '{"good_id":"dear","count":2}'],
      ...['"__proto__"', '"a/b"', '""', '7', 'null', '["potion"]', `"${'x'.repeat(200)}"`].map(
        (good): [string, string] => ['good_id', `{"good_id":${good},"count":1}`],
      ),
      ['good_id', '{"count":1}'],
      ...['"x"', '-5', '5.5', 'null', '"5"'].map((price): [string, string] => [
        'expected_price',
        `{"good_id":"potion","count":1,"expected_price":${price}}`,
      ]),
      ...['a'.repeat(15), 'a'.repeat(65), 'a key with some spaces', 'äääääääääääääääää', '../../../../etc/passwd'].map(
        (key): [string, string] => ['idempotency_key', `{"good_id":"potion","count":1,"idempotency_key":"${key}"}`],
      ),
      ['idempotency_key', '{"good_id":"potion","count":1,"idempotency_key":1234567890123456}'],
      ['idempotency_key', '{"good_id":"potion","count":1,"idempotency_key":null}'],
    ]
    for (const [i, [field, payload]] of bad.entries()) {
      const text = `{"id":"bad-${i}","eventType":"${BUY}","payload":${payload}}`
      alice.sendBytes(encoding === 'json' ? text : encodeMsgpack(JSON.parse(text)))
      t.equal(said(await alice.reply(`bad-${i}`)), `BAD_REQUEST payload.${field}`, shown(payload))
    }
    t.strictSame(await books(name), before)
    await alice.close()
  })

  t.test(`${encoding}: so is an order that says a thing twice`, async (t) => {
    const name = `twice-${encoding}`
    const alice = await rich(name, 1000, encoding)
    const before = await books(name)
    const inJson = `{"id":"twice","eventType":"${BUY}","payload":{"good_id":"potion","count":1,"co\\u0075nt":100}}`
    const payload = mapOf(encode('good_id'), encode('potion'), encode('count'), ONE, encode('count'), HUNDRED)
    const inMsgpack = mapOf(...['id', 'twice', 'eventType', BUY, 'payload'].map(encode), payload)
    alice.sendBytes(encoding === 'json' ? inJson : inMsgpack)
    t.equal(said(await alice.reply('twice')), 'BAD_REQUEST payload')
    t.strictSame(await books(name), before)
    await alice.close()
  })

  t.test(`${encoding}: so are orders that cannot be met`, async (t) => {
    const name = `bob-${encoding}`
    const alice = await rich(name, 1000, encoding)
    const before = await books(name)
    const buy = async (payload: object) => alice.request(BUY, { count: 1, ...payload })
    t.equal(codeOf(await buy({ good_id: 'unicorn' })), 'GOOD_NOT_FOUND')
    for (const good_id of ['toString', 'constructor', 'prototype']) {
      t.equal(codeOf(await buy({ good_id })), 'GOOD_NOT_FOUND')
    }
    t.equal(codeOf(await buy({ good_id: 'tomorrow' })), 'GOOD_NOT_ON_SALE')
    t.equal(codeOf(await buy({ good_id: 'yesterday' })), 'GOOD_NOT_ON_SALE')
    t.match(await buy({ good_id: 'potion', expected_price: 4 }), {
      success: false,
      error: { code: 'PRICE_CHANGED', details: { price: 5, currency: 'gold' } },
    })
    t.match(await buy({ good_id: 'potion', count: 201 }), {
      error: { code: 'INSUFFICIENT_FUNDS', details: { balance: 1000, total: 1005 } },
    })
    t.match(await buy({ good_id: 'potion', price: 0, user_id: 'alice', balance: 1e9, count: 201 }), {
      error: { code: 'INSUFFICIENT_FUNDS' },
    })
    const guest = await openClient(server, { encoding })
    t.equal(codeOf(await guest.request(BUY, { good_id: 'potion', count: 1 })), 'AUTH_REQUIRED')
    t.strictSame(await books(name), before)
    await Promise.all([alice.close(), guest.close()])
  })

  t.test(`${encoding}: a key is good for one request of one user`, async (t) => {
    const [carolName, daveName] = [`carol-${encoding}`, `dave-${encoding}`]
    const [carol, dave] = await Promise.all([rich(carolName, 1000, encoding), rich(daveName, 1000, encoding)])
    const order = { good_id: 'potion', count: 2, idempotency_key: 'the-key-of-this-order' }
    const first = await carol.request(BUY, order)
    t.match(first, { success: true, data: { user_id: carolName, count: 2, total: 10, balance: 990, replayed: false } })
    const after = await books(carolName)
    t.strictSame((await carol.request(BUY, order)).data, { ...first.data, replayed: true }, 'the same again')
    for (const other of [{ count: 3 }, { good_id: 'dear' }, { expected_price: 5 }]) {
      t.equal(codeOf(await carol.request(BUY, { ...order, ...other })), 'IDEMPOTENCY_CONFLICT', shown(other))
    }
    t.strictSame(await books(carolName), after)
    const another = await dave.request(BUY, { ...order, count: 1 })
    t.match(another, { success: true, data: { user_id: daveName, count: 1, replayed: false } }, "another user's")
    await Promise.all([carol.close(), dave.close()])
  })
}

t.test('who closes right after sending has bought, and the key gives the receipt', async (t) => {
  const first = await rich('erin')
  const order = { good_id: 'potion', count: 1, idempotency_key: 'sent-and-gone-0123' }
  first.tcp.write(webSocketFrame({ opcode: 1, payload: JSON.stringify({ id: 'x', eventType: BUY, payload: order }) }))
  first.tcp.end()
  await first.closed
  await until(async () => (await books('erin')).player.inventory['potion'] === 1)
  const again = await openClient(server, { token: server.mint('erin') })
  t.match(await again.request(BUY, order), { success: true, data: { replayed: true, count: 1 } })
  t.equal((await books('erin')).purchases.items.length, 1)
  await again.close()
})

t.test('a stored player that does not parse is a defect that is said and logged, and stays as it is', async (t) => {
  for (const user of Object.keys(GARBAGE)) {
    const client = await openClient(server, { token: server.mint(user) })
    const reply = await client.request(BUY, { good_id: 'potion', count: 1, idempotency_key: `key-of-${user}-0123456` })
    t.match(reply, { success: false, error: { code: 'INTERNAL', details: { trace_id: String } } }, user)
    const logged = () => server.logs().find(({ traceId }) => traceId === reply.error?.details?.['trace_id'])
    await until(() => logged() !== undefined)
    t.match(logged(), { level: 50, user, eventType: BUY })
    await client.close()
    const headers = { authorization: `Bearer ${server.adminToken}` }
    const credit = { currency: 'gold', amount: 1, idempotency_key: 'a-credit-0123456' }
    const asked = [
      await fetch(`${server.url}/api/v1/players/${user}`, { headers }),
      await fetch(`${server.url}/api/v1/players/${user}/credit`, {
        method: 'POST',
        headers,
        body: JSON.stringify(credit),
      }),
    ]
    for (const response of [...asked, await fetch(`${server.url}/api/v1/players/${user}/purchases`, { headers })]) {
      t.equal(response.status, 500)
      t.match(await response.json(), { error: { code: 'INTERNAL', details: { trace_id: String } } })
    }
  }
})

t.test('above the rate of a user RATE_LIMITED, on all connections of that user and of nobody else', async (t) => {
  const [hasty, calm] = await Promise.all([rich('hasty', 1_000_000), rich('calm')])
  const second = await openClient(server, { token: server.mint('hasty') })
  const startedMs = performance.now()
  for (let i = 0; i < 2 * BURST; i++)
    hasty.send({ id: `h${i}`, eventType: BUY, payload: { good_id: 'potion', count: 1 } })
  const replies = await Promise.all(Array.from({ length: 2 * BURST }, (_, i) => hasty.reply(`h${i}`)))
  t.match(replies.at(-1), {
    success: false,
    error: { code: 'RATE_LIMITED', retryable: true, details: { retry_after_ms: Number } },
  })
  const ofSecond = await Promise.all(
    Array.from({ length: BURST }, () => second.request(BUY, { good_id: 'potion', count: 1 })),
  )
  t.equal(codeOf(await calm.request(BUY, { good_id: 'potion', count: 1 })), 'ok')
  const done = [...replies, ...ofSecond].filter(({ success }) => success).length
  const mayBeDone = BURST + (RATE * (performance.now() - startedMs)) / 1000
  t.ok(done >= BURST && done <= mayBeDone, `${done} were done`)
  t.equal((await books('hasty')).player.inventory['potion'] ?? 0, done)
  await until(async () => codeOf(await second.request(BUY, { good_id: 'potion', count: 1 })) === 'ok')
  t.pass('and a little later again')
  await Promise.all([hasty.close(), second.close(), calm.close()])
})

t.test('a full queue refuses with OVERLOADED, and what it refused was not done', async (t) => {
  const users = Array.from({ length: 32 }, (_, i) => `crowd-${i}`)
  const clients: TestClient[] = []
  for (const user of users) clients.push(await rich(user)) // one by one: credits wait in the same queue
  const each = BURST - 2
  for (let i = 0; i < each; i++) {
    for (const client of clients) client.send({ id: `c${i}`, eventType: BUY, payload: { good_id: 'potion', count: 1 } })
  }
  let overloaded = 0
  for (const [n, client] of clients.entries()) {
    const replies = await Promise.all(Array.from({ length: each }, (_, i) => client.reply(`c${i}`)))
    const refused = replies.filter(({ success }) => !success)
    overloaded += refused.length
    for (const reply of refused) {
      if (codeOf(reply) !== 'OVERLOADED' || !reply.error?.retryable) t.fail(`refused with ${codeOf(reply)}`)
    }
    const { player, purchases } = await books(users[n] ?? '')
    t.equal(player.inventory['potion'] ?? 0, each - refused.length)
    t.equal(purchases.items.length, each - refused.length)
    await client.close()
  }
  t.ok(overloaded > 0, `${overloaded} were refused`)
})

t.test('after all of that the server is as it was', async (t) => {
  await stayedUp(t, server, ['a command failed', 'a request failed'])
})
