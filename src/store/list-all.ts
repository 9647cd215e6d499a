import type { Store, StoredRecord } from './store.ts'

const PAGE = 1000

/** Every record under a prefix, in key order, a page at a time. */
export async function* listAll(store: Store, prefix: string): AsyncGenerator<StoredRecord> {
  let after = prefix
  for (;;) {
    const records = await store.list(prefix, { after, limit: PAGE })
    yield* records
    const last = records.at(-1)
    if (records.length < PAGE || !last) return
    after = last.key
  }
}
