import { Refusal } from '../protocol/errors.ts'
import type { Page, PageArgs } from '../protocol/page.ts'
import type { Store, StoredRecord } from './store.ts'

export function encodeRecord(value: unknown): Uint8Array {
  return Buffer.from(JSON.stringify(value))
}

/** Does not check the shape, because only Drumbeat writes records. Throws INTERNAL if the record is not JSON. */
export function decodeRecord(record: StoredRecord): unknown {
  try {
    return JSON.parse(Buffer.from(record.value).toString())
  } catch {
    throw new Refusal('INTERNAL', `the stored record ${record.key} cannot be read`)
  }
}

/** One page of the records under a prefix. The cursor is the last key without the prefix. */
export async function toPage<Item>(store: Store, prefix: string, { limit, cursor }: PageArgs): Promise<Page<Item>> {
  const after = cursor === null ? {} : { after: prefix + cursor }
  const records = await store.list(prefix, { ...after, limit: limit + 1 })
  const shown = records.slice(0, limit)
  const last = shown.at(-1)
  return {
    items: shown.map((record) => decodeRecord(record) as Item),
    next_cursor: records.length > limit && last ? last.key.slice(prefix.length) : null,
  }
}
