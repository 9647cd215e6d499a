import { createPublicKey, generateKeyPairSync, sign } from 'node:crypto'
import t from 'tap'
import { decodeEntry, encodeEntry, linesOf, type LedgerEntry } from '../../src/ledger/entries.ts'
import { planBatch } from '../../src/ledger/plan.ts'
import { keysOf, type LedgerRequest } from '../../src/ledger/requests.ts'
import { LedgerVerifier } from '../../src/ledger/verify.ts'
import type { Receipt } from '../../src/protocol/shapes/shop.ts'
import type { Namespace, UserId } from '../../src/protocol/ids.ts'

const NOW_MS = 1_790_000_000_000
const key = generateKeyPairSync('ed25519').privateKey
const alice = 'alice' as UserId

/** The lines that these requests leave, a batch each. */
function ledgerOf(...requests: (LedgerRequest | ((lines: readonly LedgerEntry[]) => LedgerRequest))[]): string[] {
  const records = new Map<string, Uint8Array>()
  const free = { stock: 50, per_user_limit: null, sale_from: null, sale_until: null }
  const sword = { id: 'sword', name: 'Sword', price: 100, currency: 'gold', ...free }
  records.set('good/sword', Buffer.from(JSON.stringify(sword)))
  const lines: string[] = []
  let ids = 0
  for (const one of requests) {
    const request = typeof one === 'function' ? one(lines.map(decodeEntry)) : one
    const input = new Map(keysOf(request).map((name) => [name, records.get(name) ?? null]))
    const plan = planBatch(
      { nowMs: NOW_MS, requests: [request], records: input },
      {
        newId: () => `id-${String(++ids).padStart(6, '0')}`,
        sign: (bytes) => sign(null, bytes, key).toString('base64url'),
      },
    )
    for (const { key: name, value } of plan.puts) {
      records.set(name, value)
      if (name.startsWith('ledger/')) lines.push(...linesOf(value))
    }
  }
  return lines
}

function credit(userId: UserId, amount: number): LedgerRequest {
  return { kind: 'credit', userId, currency: 'gold', amount, idempotencyKey: `credit-of-${amount}-00000000` }
}

function buy(userId: UserId, count = 1): LedgerRequest {
  const order = { goodId: 'sword', count, idempotencyKey: `buy-of-${count}-swords-000`, expectedPrice: null }
  return { kind: 'purchase', userId, namespace: 'private' as Namespace, ...order, traceparent: null }
}

function refundLast(lines: readonly LedgerEntry[]): LedgerRequest {
  const purchase = lines.findLast(({ kind, user_id }) => kind === 'purchase' && user_id === alice)?.receipt as Receipt
  const purchaseId = purchase.purchase_id
  return { kind: 'refund', userId: alice, purchaseId, purchase, restock: true, idempotencyKey: 'refund-0123456789' }
}

function verify(lines: readonly string[], keys = [createPublicKey(key)]) {
  const verifier = new LedgerVerifier(keys)
  for (const line of lines) verifier.add(line)
  return verifier.finish()
}

const GOOD = ledgerOf(
  credit(alice, 1000),
  credit('bob' as UserId, 300),
  buy(alice, 2),
  buy('bob' as UserId),
  refundLast,
)

t.test('a ledger as it is written is found right, in whatever order its batches come', async (t) => {
  t.strictSame(verify(GOOD).problems, [])
  t.match(verify(GOOD), { entries: 5, players: 2, receipts: 2, cutOff: 0 })
  const whole = ledgerOf(credit(alice, 1000), buy(alice, 2), refundLast, buy(alice, 3))
  t.strictSame(verify(whole).problems, [])
  t.strictSame(verify(whole.toReversed()).problems, [])
  t.match(decodeEntry(whole[2] ?? ''), { kind: 'refund', amount: 200, balance: 1000, goods: { count: -2, owned: 0 } })
})

t.test('a ledger whose first entries were let go is right from there on', async (t) => {
  const { problems, cutOff } = verify(
    ledgerOf(credit(alice, 1000), buy(alice, 1), buy(alice, 2), buy(alice, 3)).slice(2),
  )
  t.strictSame(problems, [])
  t.equal(cutOff, 1)
})

t.test('what was changed, left out, doubled or signed by another is found', async (t) => {
  const lines = ledgerOf(credit(alice, 1000), buy(alice, 1), buy(alice, 2), refundLast)
  const changed = (at: number, change: (entry: LedgerEntry) => LedgerEntry) =>
    lines.map((line, i) => (i === at ? encodeEntry(change(decodeEntry(line))) : line))
  const withReceipt = (entry: LedgerEntry, receipt: Partial<Receipt>): LedgerEntry => {
    return { ...entry, receipt: { ...(entry.receipt as Receipt), ...receipt } }
  }
  const stranger = createPublicKey(generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'pem' }))
  const cases: [string, readonly string[], RegExp][] = [
    ['an amount', changed(0, (entry) => ({ ...entry, amount: 2000, balance: 2000 })), /chained|are not/],
    ['a time', changed(0, (entry) => ({ ...entry, at: 1 })), /entry 2: the entry before is not the one/],
    ['a balance', changed(3, (entry) => ({ ...entry, balance: 5000 })), /are not 5000/],
    [
      'goods',
      changed(1, (entry) => ({ ...entry, goods: { good_id: 'sword', count: 9, owned: 9 } })),
      /its receipt does not agree/,
    ],
    ['a receipt', changed(2, (entry) => withReceipt(entry, { committed_at: 1 })), /signature/],
    ['a total', changed(2, (entry) => withReceipt(entry, { unit_price: 1 })), /not the price times the count/],
    ['one that is missing', lines.toSpliced(1, 1), /entry 2 is missing/],
    ['one that is there twice', [...lines, lines[2] ?? ''], /entry 3 is there twice/],
    ['no JSON', [...lines, '{'], /line 5 is not an entry/],
    [
      'another refund',
      changed(3, (entry) => ({ ...entry, receipt: { purchase_id: 'x.0' } })),
      /there is no purchase x/,
    ],
  ]
  for (const [name, tampered, expected] of cases) {
    const { problems } = verify(tampered)
    t.ok(
      problems.some((problem) => expected.test(problem)),
      `${name}: ${problems[0]}`,
    )
  }
  t.match(verify(lines, [stranger]).problems, [/signature is of no known key/, /signature is of no known key/])
})
