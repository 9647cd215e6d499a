// One player on two devices buys a thing on one of them: node shop.mjs, with SERVER and TOKEN in the environment.
import { connect, EVENT, verifyReceipt } from 'drumbeat/client'

const { SERVER = 'http://127.0.0.1:8080', TOKEN = '' } = process.env
const device = () => connect({ url: SERVER, namespace: 'private', token: () => TOKEN })

const [phone, laptop] = await Promise.all([device(), device()])

// What is bought on one is told on all of them.
const told = laptop.once(EVENT.buyGood)

// The same key on both, as a nervous player clicks twice: one purchase, and the same receipt for both.
const order = { goodId: 'sword', count: 1, expectedPrice: 100, idempotencyKey: `order-${crypto.randomUUID()}` }
const receipts = await Promise.all([phone.buyGood(order), laptop.buyGood(order)])
const [first, second] = receipts
console.log('one purchase:', first.purchase_id === second.purchase_id)
console.log('replayed on one device:', receipts.filter(({ replayed }) => replayed).length)
console.log('told on the laptop:', (await told).payload.purchase_id === first.purchase_id)

const { public_key: key } = await (await fetch(`${SERVER}/api/v1/receipt-key`)).json()
console.log('signed by the shop:', await verifyReceipt(first, key))

// Too dear: nothing was done, and the error says what is missing.
const dear = await phone.buyGood({ goodId: 'sword', count: 100 }).catch((error) => error)
console.log('refused:', dear.code, JSON.stringify(dear.details))

phone.close()
laptop.close()
