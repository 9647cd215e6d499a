import { delay } from '../base/delay.ts'
import type { HeardPurchases, Purchase } from '../link/methods/host.ts'
import { Refusal, type ErrorCode } from '../protocol/errors.ts'
import type { UserId } from '../protocol/ids.ts'
import type { Calls } from './calls.ts'
import type { PlacedRoom } from './placed-room.ts'

export interface PurchasesOptions {
  readonly calls: Calls
  /**
   * Reads what the user has bought after that entry of the user's ledger, in the order of the ledger. Rejects with what the store
   * throws.
   */
  readonly purchasesAfter: (user: UserId, ledgerEntry: number) => Promise<readonly Purchase[]>
  /** Turns what was thrown for a request into a refusal. Throws if it is a defect. */
  readonly toRefusal: (thrown: unknown) => Refusal
}

/** A user who has a seat in a room whose game has `bought`. */
interface Buyer {
  readonly user: UserId
  readonly room: PlacedRoom
  /** The last entry of the user's ledger that the seat has, as the room said last. */
  ledgerEntry: number
  /** Whether the ledger may have more. */
  isBehind: boolean
  isRunning: boolean
}

/** How many purchases a room is told at once: as many entries of one seat as fit into one tick. */
const TOLD_MAX = 16
const RETRY_MS_MIN = 100
const RETRY_MS_MAX = 5_000
/** Errors that say that the room or the seat is gone. */
const GONE: ReadonlySet<ErrorCode> = new Set(['NOT_IN_ROOM', 'ROOM_OVER', 'ROOM_NOT_FOUND', 'GAME_FAILED'])

/**
 * Tells rooms what the users on their seats have bought. A seat has the player's ledger up to an entry, at first the one with
 * which its inventory was read. The room hears of each later purchase, in order, and says how far it has come. The log only says
 * that the ledger has something new, so it does not matter if somebody was away at that time. Games without `bought` are left
 * out.
 */
export class Purchases {
  readonly #options: PurchasesOptions
  readonly #buyers = new Map<UserId, Map<PlacedRoom, Buyer>>()

  constructor(options: PurchasesOptions) {
    this.#options = options
  }

  /** How many users with seats are told of purchases. */
  get size(): number {
    return this.#buyers.size
  }

  /** The room has said that the user has a seat, which has the ledger up to this entry. */
  seated(room: PlacedRoom, user: UserId, ledgerEntry: number): void {
    if (!room.game.hearsPurchases) return
    const ofUser = this.#buyers.get(user) ?? new Map<PlacedRoom, Buyer>()
    this.#buyers.set(user, ofUser)
    const buyer = ofUser.get(room) ?? { user, room, ledgerEntry, isBehind: true, isRunning: false }
    ofUser.set(room, buyer)
    buyer.ledgerEntry = ledgerEntry
    this.#look(buyer)
  }

  unseated(room: PlacedRoom, user: UserId): void {
    const ofUser = this.#buyers.get(user)
    ofUser?.delete(room)
    if (ofUser?.size === 0) this.#buyers.delete(user)
  }

  /** The log says that the user has bought something. */
  bought(user: UserId): void {
    for (const buyer of this.#buyers.get(user)?.values() ?? []) this.#look(buyer)
  }

  ended(room: PlacedRoom): void {
    for (const user of room.seated) this.unseated(room, user as UserId)
  }

  #look(buyer: Buyer): void {
    buyer.isBehind = true
    if (!buyer.isRunning) void this.#run(buyer)
  }

  async #run(buyer: Buyer): Promise<void> {
    buyer.isRunning = true
    let retryMs = RETRY_MS_MIN
    while (buyer.isBehind && this.#isSeated(buyer)) {
      buyer.isBehind = false
      if (await this.#catchUp(buyer)) continue
      buyer.isBehind = true
      await delay(retryMs)
      retryMs = Math.min(2 * retryMs, RETRY_MS_MAX)
    }
    buyer.isRunning = false
  }

  #isSeated(buyer: Buyer): boolean {
    return this.#buyers.get(buyer.user)?.get(buyer.room) === buyer
  }

  /** Returns whether the room has heard of everything, or never will. */
  async #catchUp(buyer: Buyer): Promise<boolean> {
    const purchases = await this.#read(buyer)
    if (purchases instanceof Refusal) return false
    for (let i = 0; i < purchases.length; i += TOLD_MAX) {
      const told = purchases.slice(i, i + TOLD_MAX)
      const heard = await this.#tell(buyer, told)
      if (heard instanceof Refusal) return GONE.has(heard.code)
      buyer.ledgerEntry = heard.ledgerEntry
      // The seat is a new one, and its inventory was read earlier.
      if (heard.ledgerEntry < (told.at(-1)?.ledgerEntry ?? 0)) return false
    }
    return true
  }

  async #read({ user, ledgerEntry }: Buyer): Promise<readonly Purchase[] | Refusal> {
    try {
      return await this.#options.purchasesAfter(user, ledgerEntry)
    } catch (thrown) {
      return this.#options.toRefusal(thrown)
    }
  }

  /** Purchases may be told twice, because the seat knows which ones it has. */
  #tell({ user, room, ledgerEntry: after }: Buyer, purchases: readonly Purchase[]): Promise<HeardPurchases | Refusal> {
    const args = { handle: room.handle, user, after, purchases }
    return new Promise((done) => {
      this.#options.calls.make(room, { method: 'bought', args, done, untilMs: Infinity, mayRepeat: true })
    })
  }
}
