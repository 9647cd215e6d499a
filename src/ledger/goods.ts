import { parseGood, type Good } from '../domain/good.ts'
import { isObject } from '../protocol/envelope.ts'
import { Refusal, badRequest } from '../protocol/errors.ts'
import type { Page, PageArgs } from '../protocol/page.ts'
import type { Store } from '../store/store.ts'
import { GOOD_PREFIX, goodKey } from './keys.ts'
import { decodeRecord, encodeRecord, toPage } from '../store/json-records.ts'

/** A goods file's content: `{ goods: [good, …] }`. Throws BAD_REQUEST with the place. */
export function parseGoods(value: unknown): readonly Good[] {
  const list = isObject(value) ? value['goods'] : undefined
  if (!Array.isArray(list)) throw badRequest('goods', 'must be a list')
  const goods = list.map((good, i) => parseGood(good, `goods[${i}]`))
  const seen = new Set<string>()
  for (const { id } of goods) {
    if (seen.has(id)) throw badRequest('goods', `"${id}" stands there twice`)
    seen.add(id)
  }
  return goods
}

/** Puts the goods that the store does not have; those it has stay as they are, stock and price included. */
export async function seedGoods(store: Store, goods: readonly Good[]): Promise<number> {
  const stored = await store.get(goods.map(({ id }) => goodKey(id)))
  const missing = goods.filter((_, i) => stored[i] === undefined)
  if (missing.length === 0) return 0
  const puts = missing.map((good) => ({ key: goodKey(good.id), value: encodeRecord(good) }))
  await store.commit({ guards: puts.map(({ key }) => ({ key, revision: 0 })), puts, durable: true })
  return missing.length
}

export async function getGood(store: Store, id: string): Promise<Good> {
  const [record] = await store.get([goodKey(id)])
  if (!record) throw new Refusal('GOOD_NOT_FOUND', `no good "${id}"`)
  return decodeRecord(record) as Good
}

export async function putGood(store: Store, good: Good): Promise<Good> {
  await store.commit({ puts: [{ key: goodKey(good.id), value: encodeRecord(good) }], durable: true })
  return good
}

export async function listGoods(store: Store, page: PageArgs): Promise<Page<Good>> {
  return toPage<Good>(store, GOOD_PREFIX, page)
}
