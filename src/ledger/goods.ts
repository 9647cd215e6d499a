import { goodChangedRecord } from './control.ts'
import { parseNewGood } from '../domain/good.ts'
import type { Good } from '../protocol/shapes/shop.ts'
import { isObject } from '../protocol/envelope.ts'
import { Refusal, badRequest } from '../protocol/errors.ts'
import type { Page, PageArgs } from '../protocol/page.ts'
import type { Store } from '../store/store.ts'
import { GOOD_PREFIX, goodKey } from './keys.ts'
import { decodeRecord, encodeRecord, toPage } from '../store/json-records.ts'

/** Reads a goods file: `{ goods: [good, …] }`. Throws BAD_REQUEST with the path. */
export function parseGoods(value: unknown): readonly Good[] {
  const list = isObject(value) ? value['goods'] : undefined
  if (!Array.isArray(list)) throw badRequest('goods', 'must be a list')
  const goods = list.map((good, i) => parseNewGood(good, `goods[${i}]`))
  const seen = new Set<string>()
  for (const { id } of goods) {
    if (seen.has(id)) throw badRequest('goods', `"${id}" is listed twice`)
    seen.add(id)
  }
  return goods
}

const SEEDED_AT_ONCE = 100

/**
 * Puts the goods that the store does not have. Goods that it has are not changed, stock and price included. Returns how many were
 * put.
 */
export async function seedGoods(store: Store, goods: readonly Good[]): Promise<number> {
  let seeded = 0
  const most = Math.min(SEEDED_AT_ONCE, store.limits.operationsMax)
  for (let from = 0; from < goods.length;) {
    const some = goods.slice(from, from + most)
    const stored = await store.get(some.map(({ id }) => goodKey(id)))
    const missing = some.filter((_, i) => stored[i] === undefined)
    const puts = missing.map((good) => ({ key: goodKey(good.id), value: encodeRecord(good) }))
    const guards = puts.map(({ key }) => ({ key, revision: 0 }))
    // Another node may be seeding the same goods. Reading again finds what that node has put.
    if (puts.length > 0 && !(await store.commit({ guards, puts, durable: true })).committed) continue
    seeded += missing.length
    from += most
  }
  return seeded
}

export async function getGood(store: Store, id: string): Promise<{ readonly good: Good; readonly revision: number }> {
  const [record] = await store.get([goodKey(id)])
  if (!record) throw new Refusal('GOOD_NOT_FOUND', `no good "${id}"`)
  return { good: decodeRecord(record) as Good, revision: record.revision }
}

/**
 * Puts the good as given, stock included. Throws CONFLICT if the stored good has another revision.
 * @param ifRevision a revision; 0 if there must be none yet; 'any' if there must be one; null to accept both
 */
export async function putGood(
  store: Store,
  good: Good,
  ifRevision: number | 'any' | null,
): Promise<{ readonly good: Good; readonly revision: number; readonly offset: number }> {
  const key = goodKey(good.id)
  // Nothing deletes goods, so this cannot become false before the commit.
  if (ifRevision === 'any') await getGood(store, good.id)
  const guards = typeof ifRevision === 'number' ? [{ key, revision: ifRevision }] : []
  const log = [goodChangedRecord(good.id)]
  const result = await store.commit({ guards, puts: [{ key, value: encodeRecord(good) }], log, durable: true })
  if (!result.committed) throw new Refusal('CONFLICT', 'the good was changed since it was read: read it again')
  return { good, revision: result.revision, offset: result.offset }
}

export async function listGoods(store: Store, page: PageArgs): Promise<Page<Good>> {
  return toPage<Good>(store, GOOD_PREFIX, page)
}
