import { execFile } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import type { Receipt } from '../../src/protocol/shapes/shop.ts'
import { openClient, type TestClient } from '../helpers/client.ts'
import { startServer, type TestServer } from '../helpers/server.ts'

const BUY = 'core.game.state.buy_good'
const run = promisify(execFile)
const good = (id: string, more: object = {}) => ({ id, name: id, price: 5, currency: 'gold', stock: 10, ...more })
const folder = t.testdir({ 'goods.json': JSON.stringify({ goods: [good('potion'), good('herb', { stock: 3 })] }) })

function shopkeeper(server: TestServer) {
  const ask = async (method: string, path: string, body?: object, headers: Record<string, string> = {}) => {
    const response = await fetch(`${server.url}/api/v1/${path}`, {
      method,
      headers: { authorization: `Bearer ${server.adminToken}`, ...headers },
      ...(body && { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    return {
      status: response.status,
      etag: response.headers.get('etag') ?? '',
      body: (text === '' ? null : JSON.parse(text)) as Record<string, unknown>,
    }
  }
  const fund = (user: string, amount = 1000) =>
    ask('POST', `players/${user}/credit`, { currency: 'gold', amount, idempotency_key: `funds-of-${user}-00000000` })
  return { ask, fund }
}

async function buy(client: TestClient, good_id: string, more: object = {}) {
  const { success, data, error } = await client.request(BUY, { good_id, count: 1, ...more })
  return success ? (data as unknown as Receipt) : { code: error?.code, details: error?.details }
}

t.test('a good is changed only as it was read: ETag and If-Match', async (t) => {
  const server = await startServer(t, { GOODS_FILE: join(folder, 'goods.json') })
  const { ask, fund } = shopkeeper(server)
  const read = await ask('GET', 'goods/potion')
  t.match(read.etag, /^"\d+"$/)
  t.equal((await ask('GET', 'goods/potion', undefined, { 'if-none-match': read.etag })).status, 304)
  await fund('alice')
  const alice = await openClient(server, { token: server.mint('alice') })
  t.match(await buy(alice, 'potion'), { stock_left: 9 })
  const stale = await ask('PUT', 'goods/potion', good('potion', { price: 6 }), { 'if-match': read.etag })
  t.match(stale, { status: 412, body: { error: { code: 'CONFLICT' } } }, 'it was sold in between')
  t.match((await ask('GET', 'goods/potion')).body, { price: 5, stock: 9 })
  const fresh = await ask('GET', 'goods/potion')
  const put = await ask('PUT', 'goods/potion', good('potion', { price: 6, stock: 9 }), { 'if-match': fresh.etag })
  t.match(put, { status: 200, body: { price: 6, stock: 9 } })
  t.equal(put.etag, (await ask('GET', 'goods/potion')).etag, 'the answer has the new one')
  t.match(await buy(alice, 'potion', { expected_price: 5 }), { code: 'PRICE_CHANGED', details: { price: 6 } })
  for (const [headers, status] of [
    [{ 'if-none-match': '*' }, 412],
    [{ 'if-match': '*' }, 200],
    [{ 'if-match': 'W/"1"' }, 400],
    [{ 'if-none-match': '"1"' }, 400],
  ] as const) {
    t.equal((await ask('PUT', 'goods/potion', good('potion'), headers)).status, status, JSON.stringify(headers))
  }
  t.equal((await ask('PUT', 'goods/new', good('new'), { 'if-match': '*' })).status, 404)
  t.equal((await ask('PUT', 'goods/new', good('new'), { 'if-none-match': '*' })).status, 200)
  await alice.close()
})

t.test('sold out is said without the store, until there is more, by whichever way', async (t) => {
  const server = await startServer(t, { GOODS_FILE: join(folder, 'goods.json') })
  const { ask, fund } = shopkeeper(server)
  await fund('alice')
  const clients = await Promise.all(
    Array.from({ length: 6 }, () => openClient(server, { token: server.mint('alice') })),
  )
  const [alice] = clients as [TestClient]
  const key = 'the-key-of-a-purchase'
  const first = (await buy(alice, 'herb', { count: 3, idempotency_key: key })) as Receipt
  const batches = async () => {
    const text = await (await fetch(`${server.url}/metrics`)).text()
    return Number(/^drumbeat_purchase_batch_requests_count(?:\{[^}]*\})? (\d+)$/m.exec(text)?.[1])
  }
  const buyAll = () => Promise.all(clients.map((client) => buy(client, 'herb')))
  const soldOut = { code: 'OUT_OF_STOCK', details: { stock_left: 0 } }
  t.strictSame(
    await buyAll(),
    clients.map(() => soldOut),
  )
  const before = await batches()
  for (let i = 0; i < 5; i++)
    t.strictSame(
      await buyAll(),
      clients.map(() => soldOut),
    )
  t.equal(await batches(), before, 'the ledger was not asked')
  t.match(await buy(alice, 'herb', { count: 3, idempotency_key: key }), {
    purchase_id: first.purchase_id,
    replayed: true,
  })

  const restock = { count: 1, idempotency_key: 'a-restock-0123456' }
  t.match(await ask('POST', 'goods/herb/restock', restock), { status: 200, body: { stock: 1 } })
  t.match(await ask('POST', 'goods/herb/restock', restock), { status: 200, body: { stock: 1 } }, 'once')
  t.match((await ask('POST', 'goods/herb/restock', { ...restock, count: 2 })).status, 409)
  t.match(await buy(alice, 'herb'), { stock_left: 0 }, 'known at once')
  t.strictSame(
    await buyAll(),
    clients.map(() => soldOut),
  )
  await ask('PUT', 'goods/herb', good('herb', { stock: 1 }))
  t.match(await buy(alice, 'herb'), { stock_left: 0 })
  t.strictSame(
    await buyAll(),
    clients.map(() => soldOut),
  )
  const refund = { purchase_id: first.purchase_id, idempotency_key: 'a-refund-01234567' }
  t.match(await ask('POST', 'players/alice/refund', refund), { status: 200, body: { inventory: { herb: 2 } } })
  t.match(await buy(alice, 'herb', { count: 3 }), { stock_left: 0 }, 'what was given back')
  for (const client of clients) await client.close()
})

t.test('a refund is of a purchase, once, and only of what is still there', async (t) => {
  const server = await startServer(t, { GOODS_FILE: join(folder, 'goods.json') })
  const { ask, fund } = shopkeeper(server)
  await Promise.all([fund('alice'), fund('bob')])
  const alice = await openClient(server, { token: server.mint('alice') })
  const { purchase_id } = (await buy(alice, 'potion', { count: 2 })) as Receipt
  const refund = (user: string, more: object = {}) =>
    ask('POST', `players/${user}/refund`, { purchase_id, idempotency_key: 'refund-of-potions-1', ...more })
  t.match(await refund('bob'), { status: 404, body: { error: { code: 'NOT_FOUND' } } }, 'it is not his')
  for (const wrong of ['', 'x', '../good/potion', `${purchase_id}0`, `${'x'.repeat(100_000)}.0`]) {
    t.equal((await refund('alice', { purchase_id: wrong })).status, 404, wrong.slice(0, 80))
  }
  t.match(await refund('alice', { purchase_id: 5 }), {
    status: 400,
    body: { error: { details: { path: 'purchase_id' } } },
  })
  t.match(await refund('alice', { restock: 'yes' }), { status: 400 })
  const done = await refund('alice')
  t.match(done, { status: 200, body: { balances: { gold: 1000 }, inventory: { potion: 0 } } })
  t.match((await ask('GET', 'goods/potion')).body, { stock: 10 })
  t.strictSame((await refund('alice')).body, done.body, 'the same key: the same answer')
  t.match(
    await refund('alice', { idempotency_key: 'refund-of-potions-2' }),
    { status: 409 },
    'another key: once is once',
  )
  t.match((await ask('GET', 'players/alice')).body, { balances: { gold: 1000 } })
  await alice.close()
})

t.test('purchases are listed newest first, page by page', async (t) => {
  const server = await startServer(t, { GOODS_FILE: join(folder, 'goods.json') })
  const { ask, fund } = shopkeeper(server)
  await fund('alice')
  const alice = await openClient(server, { token: server.mint('alice') })
  const bought = await Promise.all(Array.from({ length: 7 }, () => buy(alice, 'potion')))
  const ids = bought.map((receipt) => (receipt as Receipt).purchase_id)
  const listed: string[] = []
  for (let cursor = ''; ;) {
    const { body } = await ask('GET', `players/alice/purchases?limit=3${cursor}`)
    const { items, next_cursor } = body as unknown as { items: Receipt[]; next_cursor: string | null }
    t.ok(items.length <= 3)
    listed.push(...items.map((receipt) => receipt.purchase_id))
    if (next_cursor === null) break
    cursor = `&cursor=${next_cursor}`
  }
  t.strictSame(listed, ids.toReversed())
  t.strictSame((await ask('GET', 'players/nobody/purchases')).body, { items: [], next_cursor: null })
  t.equal((await ask('GET', 'players/alice/purchases?cursor=x')).status, 400)
  await alice.close()
})

t.test('the ledger is exported and verified without the server, receipts of an earlier key included', async (t) => {
  const keyFile = join(folder, 'another-key.pem')
  const pem = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' })
  await writeFile(keyFile, pem, { mode: 0o600 })
  const server = await startServer(t, { GOODS_FILE: join(folder, 'goods.json') })
  const { ask, fund } = shopkeeper(server)
  await fund('alice')
  const buyOne = async () => {
    const client = await openClient(server, { token: server.mint('alice') })
    const receipt = (await buy(client, 'potion')) as Receipt
    await client.close()
    return receipt
  }
  await buyOne()
  await server.restart({ RECEIPT_KEY_FILE: keyFile })
  const { purchase_id } = await buyOne()
  await ask('POST', 'players/alice/refund', { purchase_id, idempotency_key: 'a-refund-01234567' })
  const keys = await ask('GET', 'receipt-key')
  t.match(keys.body, { algorithm: 'Ed25519', previous: [{ public_key: /BEGIN PUBLIC KEY/ }] })

  const cli = async (...args: string[]) => {
    const file = join(import.meta.dirname, '../../src/cli.ts')
    try {
      return { code: 0, ...(await run(process.execPath, [file, 'ledger', ...args])) }
    } catch (error) {
      return error as { code: number; stdout: string; stderr: string }
    }
  }
  const exported = await cli('export', '--url', server.url, '--token', server.adminToken)
  const file = join(folder, 'ledger.jsonl')
  await writeFile(file, exported.stdout)
  t.match(await cli('verify', file), { code: 0, stdout: /^4 entries of 1 players, 2 receipts: no problems/ })
  const trusted = join(folder, 'trusted.pem')
  await writeFile(trusted, String(keys.body['public_key']))
  const oneKey = await cli('verify', file, '--key', trusted)
  t.match(oneKey, { code: 1, stdout: /entry 2: the signature is of no known key/ }, 'only the new key is trusted')
  await writeFile(file, exported.stdout.replace('"amount":1000', '"amount":9000'))
  t.match(await cli('verify', file), { code: 1, stdout: /alice, entry 1: 0 gold and 9000 are not 1000/ })
  await writeFile(file, 'nothing of the sort')
  t.match(await cli('verify', file), { code: 70, stderr: /is not an export of a ledger/ })
  t.match(await cli('verify'), { code: 64, stderr: /drumbeat ledger verify FILE/ })
  t.match(await cli('export', '--url', server.url, '--token', 'wrong'), { code: 70, stderr: /401/ })
  t.match(await cli('export', '--url', 'http://127.0.0.1:9', '--token', 'any'), { code: 69, stderr: /127.0.0.1:9: .*/ })
})
