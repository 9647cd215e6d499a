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

/** An entry's place: its batch, and its number in the player's ledger. */
interface Place {
  readonly batch: string | null
  readonly entry: number
}

export async function readPlayer(store: Store, user: UserId): Promise<Player> {
  return toPlayer(await readRecord(store, user))
}

/** What a player has, and the last entry of their ledger as of then. */
export async function readHoldings(
  store: Store,
  user: UserId,
): Promise<{ readonly inventory: Player['inventory']; readonly ledgerEntry: number }> {
  const { inventory, ledger } = await readRecord(store, user)
  return { inventory, ledgerEntry: ledger.entries }
}

/** What a player has bought behind an entry of their ledger, in its order, as far as it is still kept. */
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
    if (!first) break // it is kept no longer
    batch = first.previous_batch
    entry = first.entry - 1
    await nextTurn()
  }
  return found.reverse()
}

/** One page looks into so many at most: a player may have credits only. */
const BATCHES_PER_PAGE = 200

/** A player's receipts, the newest first. A page may have fewer than asked for, and others behind it all the same. */
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
    if (!first) return { items, next_cursor: null } // it is kept no longer
    batch = first.previous_batch
    entry = first.entry - 1
    // An embedded store reads without waiting: others want this thread, too.
    await nextTurn()
  }
  return { items, next_cursor: batch === null ? null : `${batch}.${entry}` }
}

/** undefined: the player has no such purchase, or none that is still kept. */
export async function findPurchase(store: Store, user: UserId, purchaseId: string): Promise<Receipt | undefined> {
  const key = ledgerKeyOf(purchaseId)
  const found = (key === undefined ? [] : await entriesOf(store, key, user)).find(
    ({ kind, receipt }) => kind === 'purchase' && receipt?.purchase_id === purchaseId,
  )
  return found?.receipt as Receipt | undefined
}

/** The time of the newest batch, in Unix milliseconds; 0 if there is none. Ids of batches are in the order of their times. */
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

/** Of a UUIDv7: 48 bits. */
const MS_MAX = 2 ** 48 - 1
/** Batches of one millisecond that are looked at. */
const NEWEST_MAX = 20

/** Before every batch of that millisecond, and behind those of earlier ones. */
function keyOfTime(ms: number): string {
  const hex = Math.max(0, ms).toString(16).padStart(12, '0')
  return ledgerKey(`${hex.slice(0, 8)}-${hex.slice(8)}`)
}

/** The ledger of all players as it is stored, a line an entry, in pages of whole batches; the cursor is a batch's id. */
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

/** The player's entries of a batch, in their order. */
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
  if (!batch || !Number.isSafeInteger(number)) throw badRequest('cursor', 'is none that this route gave')
  return { batch, entry: number }
}
