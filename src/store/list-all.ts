import type { Store, StoredRecord } from './store.ts'

const PAGE = 1000

/** Yields every record under a prefix, in key order. Reads them page by page. */
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
