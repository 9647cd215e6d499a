import { isObject } from '../protocol/envelope.ts'
import type { UserId } from '../protocol/ids.ts'
import type { ValueOf } from '../protocol/shapes/build.ts'
import type { PLAYER } from '../protocol/shapes/shop.ts'

type Amounts = Readonly<Record<string, number>>

export type Player = ValueOf<typeof PLAYER> & { readonly user_id: UserId }

/** A player as stored. */
export interface PlayerRecord extends Player {
  /** For each good, how many the player has bought in total, for `per_user_limit`. */
  readonly bought: Amounts
  readonly ledger: LedgerHead
}

/** The end of a player's ledger: see `ledger/entries.ts`. */
export interface LedgerHead {
  readonly entries: number
  /** The hash of the last entry. Empty if there is none. */
  readonly hash: string
  /** The batch that holds the last entry. */
  readonly batch: string | null
}

const EMPTY: LedgerHead = { entries: 0, hash: '', batch: null }

export function newPlayer(userId: UserId): PlayerRecord {
  return { user_id: userId, balances: {}, inventory: {}, bought: {}, ledger: EMPTY }
}

/** Returns undefined if the value is not a player. */
export function parsePlayerRecord(value: unknown): PlayerRecord | undefined {
  if (!isObject(value)) return undefined
  const { balances, inventory, bought, ledger = EMPTY } = value
  if (!isAmounts(balances) || !isAmounts(inventory) || !isAmounts(bought)) return undefined
  if (!isLedgerHead(ledger)) return undefined
  return { user_id: value['user_id'] as UserId, balances, inventory, bought, ledger }
}

export function toPlayer({ user_id, balances, inventory }: PlayerRecord): Player {
  return { user_id, balances, inventory }
}

export function amountOf(amounts: Amounts, name: string): number {
  return Object.hasOwn(amounts, name) ? (amounts[name] ?? 0) : 0
}

function isAmounts(value: unknown): value is Amounts {
  return isObject(value) && Object.values(value).every((amount) => Number.isSafeInteger(amount) && Number(amount) >= 0)
}

function isLedgerHead(value: unknown): value is LedgerHead {
  if (!isObject(value)) return false
  const { entries, hash, batch } = value
  return Number.isSafeInteger(entries) && typeof hash === 'string' && (batch === null || typeof batch === 'string')
}
