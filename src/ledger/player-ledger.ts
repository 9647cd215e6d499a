import { nextTurn } from '../base/delay.ts'
import type { Player, PlayerRecord } from '../domain/player.ts'
import { newPlayer, parsePlayerRecord, toPlayer } from '../domain/player.ts'
import { badRequest, Refusal } from '../protocol/errors.ts'
import type { LedgerPage, Receipt } from '../protocol/shapes/shop.ts'
import type { UserId } from '../protocol/ids.ts'
import type { Page, PageArgs } from '../protocol/page.ts'
import { decodeRecord } from '../store/json-records.ts'
import type { Store } from '../store/store.ts'
import { readBeginning } from './beginning.ts'
import { decodeEntry, linesOf, type LedgerEntry } from './entries.ts'
import { LEDGER_PREFIX, ledgerKey, ledgerKeyOf, playerKey } from './keys.ts'

/** The place of an entry: its batch, and its number in the player's ledger. */
interface Place {
  readonly batch: string | null
  readonly entry: number
}

export async function readPlayer(store: Store, user: UserId): Promise<Player> {
  return toPlayer(await readRecord(store, user))
}

/** What a player owns, and the number of the last entry that this includes. */
export async function readHoldings(
  store: Store,
  user: UserId,
): Promise<{ readonly inventory: Player['inventory']; readonly ledgerEntry: number }> {
  const { inventory, ledger } = await readRecord(store, user)
  return { inventory, ledgerEntry: ledger.entries }
}

/** The purchases after an entry of the player's ledger, in order, as far as they are still kept. */
export async function purchasesAfter(
  store: Store,
  user: UserId,
  after: number,
): Promise<readonly { readonly receipt: Receipt; readonly ledgerEntry: number }[]> {
  const found: { readonly receipt: Receipt; readonly ledgerEntry: number }[] = []
  let { batch, entry } = await headOf(store, user)
  while (batch !== null && entry > after) {
    const entries = (await entriesOf(store, ledgerKey(batch), user)).filter((one) => one.entry <= entry)
    for (const one of entries.toReversed()) {
      if (one.kind === 'purchase' && one.entry > after)
        found.push({ receipt: one.receipt as Receipt, ledgerEntry: one.entry })
    }
    const [first] = entries
    if (!first) break // this batch is no longer kept
    batch = first.previous_batch
    entry = first.entry - 1
    await nextTurn()
  }
  return found.reverse()
}

/** A page looks into at most this many batches, because a player may have none but credits in them. */
const BATCHES_PER_PAGE = 200

/** A player's receipts, the newest first. A page may have fewer than asked for and still have a next one. */
export async function listPurchases(store: Store, user: UserId, { limit, cursor }: PageArgs): Promise<Page<Receipt>> {
  let { batch, entry } = cursor === null ? await headOf(store, user) : parsePlace(cursor)
  const items: Receipt[] = []
  for (let batches = 0; batch !== null && batches < BATCHES_PER_PAGE; batches++) {
    const upTo = entry
    const entries = (await entriesOf(store, ledgerKey(batch), user)).filter((one) => one.entry <= upTo)
    for (const one of entries.toReversed()) {
      if (one.kind !== 'purchase') continue
      if (items.length === limit) return { items, next_cursor: `${batch}.${one.entry}` }
      items.push(one.receipt as Receipt)
    }
    const [first] = entries
    if (!first) return { items, next_cursor: null } // this batch is no longer kept
    batch = first.previous_batch
    entry = first.entry - 1
    // Reading an embedded store blocks this thread, so others get their turn here.
    await nextTurn()
  }
  return { items, next_cursor: batch === null ? null : `${batch}.${entry}` }
}

/** Returns undefined if the player has no such purchase, or if it is no longer kept. */
export async function findPurchase(store: Store, user: UserId, purchaseId: string): Promise<Receipt | undefined> {
  const key = ledgerKeyOf(purchaseId)
  const found = (key === undefined ? [] : await entriesOf(store, key, user)).find(
    ({ kind, receipt }) => kind === 'purchase' && receipt?.purchase_id === purchaseId,
  )
  return found?.receipt as Receipt | undefined
}

/**
 * The time of the newest batch, in Unix milliseconds. 0 if there is none. It is found by binary search, because ids of batches
 * sort by time.
 */
export async function readNewestMs(store: Store): Promise<number> {
  const isThereAfter = async (ms: number) =>
    (await store.list(LEDGER_PREFIX, { after: keyOfTime(ms), limit: 1 })).length > 0
  let [low, high] = [0, MS_MAX]
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    if (await isThereAfter(middle)) low = middle + 1
    else high = middle
  }
  const newest = await store.list(LEDGER_PREFIX, { after: keyOfTime(low - 1), limit: NEWEST_MAX })
  return Math.max(0, ...newest.map(({ value }) => decodeEntry(linesOf(value)[0] ?? '').at))
}

/** The time of a UUIDv7 has 48 bits. */
const MS_MAX = 2 ** 48 - 1
/** How many batches of the last millisecond are looked at. */
const NEWEST_MAX = 20

/** A key before every batch of that millisecond and after those of earlier ones. */
function keyOfTime(ms: number): string {
  const hex = Math.max(0, ms).toString(16).padStart(12, '0')
  return ledgerKey(`${hex.slice(0, 8)}-${hex.slice(8)}`)
}

/** The stored ledger of all players, with a line for each entry, in pages of whole batches. The cursor is the id of a batch. */
export async function listLines(store: Store, { limit, cursor }: PageArgs): Promise<LedgerPage> {
  const after = cursor === null ? {} : { after: ledgerKey(cursor) }
  const batches = await store.list(LEDGER_PREFIX, { ...after, limit })
  const last = batches.at(-1)
  return {
    beginning: (await readBeginning(store)).beginning,
    items: batches.flatMap(({ value }) => linesOf(value)),
    next_cursor: batches.length === limit && last ? last.key.slice(LEDGER_PREFIX.length) : null,
  }
}

async function readRecord(store: Store, user: UserId): Promise<PlayerRecord> {
  const [record] = await store.get([playerKey(user)])
  const player = record ? parsePlayerRecord(decodeRecord(record)) : newPlayer(user)
  if (!player) throw new Refusal('INTERNAL', 'the stored player cannot be read')
  return player
}

async function headOf(store: Store, user: UserId): Promise<Place> {
  const { ledger } = await readRecord(store, user)
  return { batch: ledger.batch, entry: ledger.entries }
}

/** The player's entries in a batch, in order. */
async function entriesOf(store: Store, key: string, user: UserId): Promise<readonly LedgerEntry[]> {
  const [record] = await store.get([key])
  const isOwn = `{"user_id":${JSON.stringify(user)},`
  return record
    ? linesOf(record.value)
        .filter((line) => line.startsWith(isOwn))
        .map(decodeEntry)
    : []
}

function parsePlace(cursor: string): Place {
  const [batch, entry] = cursor.split('.')
  const number = Number(entry)
  if (!batch || !Number.isSafeInteger(number)) throw badRequest('cursor', 'is not a cursor of this route')
  return { batch, entry: number }
}
