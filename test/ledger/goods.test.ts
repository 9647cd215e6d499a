import t from 'tap'
import { systemClock } from '../../src/base/clock.ts'
import { seedGoods } from '../../src/ledger/goods.ts'
import { goodKey } from '../../src/ledger/keys.ts'
import { encodeRecord } from '../../src/store/json-records.ts'
import { createMemoryStore } from '../../src/store/memory/memory-store.ts'
import type { Store, Transaction } from '../../src/store/store.ts'
import { over } from '../helpers/house/store.ts'

t.test('goods of a file: more than a transaction holds, and another node puts some at the same time', async (t) => {
  const truth = createMemoryStore({ clock: systemClock, epoch: 'e' })
  const free = { per_user_limit: null, sale_from: null, sale_until: null }
  const goods = Array.from({ length: 250 }, (_, i) => {
    return { id: `good-${i}`, name: 'Good', price: 1, currency: 'gold', stock: 7, ...free }
  })
  const sold = { key: goodKey('good-90'), value: encodeRecord({ ...goods[90], stock: 3 }) }
  let isFirst = true
  const store: Store = {
    ...over(truth),
    limits: { operationsMax: 60, bytesMax: Infinity },
    async commit(transaction: Transaction) {
      t.ok((transaction.puts?.length ?? 0) <= 60)
      if (isFirst && transaction.puts?.some(({ key }) => key === sold.key)) {
        isFirst = false
        await truth.commit({ puts: [sold], durable: true })
      }
      return truth.commit(transaction)
    },
  }
  t.equal(await seedGoods(store, goods), 249)
  t.equal(await seedGoods(store, goods), 0)
  const stored = await truth.get(goods.map(({ id }) => goodKey(id)))
  t.equal(stored.filter(Boolean).length, 250)
  t.match(JSON.parse(Buffer.from(stored[90]?.value ?? []).toString()), { stock: 3 }, 'what is there stays')
})
