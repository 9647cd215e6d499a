import { requestAdmin } from './request.ts'
import type { ExportEnd, ExportHead } from './ledger-file.ts'
import { decodeEntry } from '../ledger/entries.ts'
import type { LedgerBeginning, LedgerPage, ReceiptKeys } from '../protocol/shapes/shop.ts'

export interface ExportOptions {
  readonly url: string
  readonly adminToken: string
  readonly now: Date
  /** Writes one line, given without its line break. */
  readonly write: (line: string) => void
  readonly progress: (entries: number) => void
}

/** How many batches one request reads. A batch may have a hundred entries. */
const PAGE = 20
/** How much later than its id says a batch may enter the ledger, because a node may be slow to commit. */
const LATE_MS = 10 * 60_000
/** An entry that is still missing after this many looks never existed. The ledger was tampered with. */
const LOOKS_MAX = 5

/**
 * Writes the whole ledger of a running server as it is stored, after a line with the public keys. While the ledger is read, a
 * node may commit a batch at a place that was read already. Such batches are looked for at the end. Returns the number of entries.
 */
export async function exportLedger({ url, adminToken, now, write, progress }: ExportOptions): Promise<number> {
  const ask = async (path: string): Promise<unknown> => {
    const response = await requestAdmin(url, path, adminToken)
    const text = await response.text()
    if (!response.ok) throw new Error(`${url}${path}: ${response.status} ${text}`)
    return JSON.parse(text)
  }
  const { public_key, previous } = (await ask('/api/v1/receipt-key')) as ReceiptKeys
  const keys = [public_key, ...previous.map((key) => key.public_key)]
  const head = { drumbeat: 'ledger', format: 1, exported_at: now.toISOString(), from: url, keys } as const
  write(JSON.stringify(head satisfies ExportHead))
  const gaps = new Gaps()
  let entries = 0
  let beginning: LedgerBeginning | null = null
  const read = async (from: string | null, isWanted: (line: string) => boolean) => {
    for (let cursor = from; ;) {
      const query = cursor === null ? '' : `&cursor=${cursor}`
      const page = (await ask(`/api/v1/ledger?limit=${PAGE}${query}`)) as LedgerPage
      // The last one counts, because more may be deleted meanwhile.
      beginning = page.beginning
      const wanted = page.items.filter(isWanted)
      for (const line of wanted) write(line)
      entries += wanted.length
      progress(entries)
      if (page.next_cursor === null) return
      cursor = page.next_cursor
    }
  }
  await read(null, (line) => gaps.add(line))
  for (let look = 0; look < LOOKS_MAX && gaps.size > 0; look++) {
    await read(idOfTime(now.getTime() - LATE_MS), (line) => gaps.fill(line))
  }
  write(JSON.stringify({ drumbeat: 'end', entries, beginning } satisfies ExportEnd))
  return entries
}

/** The entries that are missing: entries of the same player with higher numbers have been seen. */
class Gaps {
  readonly #players = new Map<string, { last: number; readonly missing: Set<number> }>()
  size = 0

  /** Notes an entry and the gap before it. Always returns true. */
  add(line: string): boolean {
    const { user_id, entry } = decodeEntry(line)
    const known = this.#players.get(user_id)
    if (!known) this.#players.set(user_id, { last: entry, missing: new Set() })
    else if (entry < known.last) this.#found(known.missing, entry)
    else {
      for (let n = known.last + 1; n < entry; n++) known.missing.add(n)
      this.size += entry - known.last - 1
      known.last = entry
    }
    return true
  }

  /** Returns whether the entry was missing. If so, it is not any more. */
  fill(line: string): boolean {
    const { user_id, entry } = decodeEntry(line)
    const known = this.#players.get(user_id)
    return known !== undefined && this.#found(known.missing, entry)
  }

  #found(missing: Set<number>, entry: number): boolean {
    const was = missing.delete(entry)
    if (was) this.size--
    return was
  }
}

/** Returns the lowest UUIDv7 of a millisecond. */
function idOfTime(unixMs: number): string {
  const hex = unixMs.toString(16).padStart(12, '0')
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-000000000000`
}
