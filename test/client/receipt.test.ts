import { generateKeyPairSync, sign } from 'node:crypto'
import t from 'tap'
import { verifyReceipt, type Receipt } from '../../src/client/index.ts'
import { receiptBytes } from '../../src/protocol/receipt.ts'

const { publicKey, privateKey } = generateKeyPairSync('ed25519')
const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString()
const jwk = { ...publicKey.export({ format: 'jwk' }), kty: 'OKP' }

const unsigned = {
  purchase_id: '0198f0c2-0000-7000-8000-000000000001',
  user_id: 'alice',
  good_id: 'sword',
  count: 2,
  unit_price: 100,
  total: 200,
  currency: 'gold',
  balance: 700,
  stock_left: null,
  committed_at: 1_790_000_000_000,
}
const signature = sign(null, receiptBytes(unsigned), privateKey).toString('base64url')
const receipt: Receipt = { ...unsigned, replayed: false, signature }

t.test('a receipt verifies with the public key as PEM and as JWK, replayed or not', async (t) => {
  t.equal(await verifyReceipt(receipt, pem), true)
  t.equal(await verifyReceipt(receipt, jwk), true)
  t.equal(await verifyReceipt({ ...receipt, replayed: true }, pem), true)
})

t.test('a changed receipt, another signature and another key do not verify', async (t) => {
  const other = generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'pem' }).toString()
  t.equal(await verifyReceipt({ ...receipt, total: 2 }, pem), false)
  t.equal(await verifyReceipt({ ...receipt, user_id: 'mallory' }, pem), false)
  t.equal(await verifyReceipt({ ...receipt, signature: signature.slice(4) }, pem), false)
  t.equal(await verifyReceipt(receipt, other), false)
})

t.test('a key that cannot be read rejects', async (t) => {
  await t.rejects(verifyReceipt(receipt, '-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----'))
  await t.rejects(verifyReceipt(receipt, { kty: 'OKP' }))
})
