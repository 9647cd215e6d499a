import { delay } from '../base/delay.ts'
import type { HeardPurchases, Purchase } from '../link/methods/host.ts'
import { Refusal, type ErrorCode } from '../protocol/errors.ts'
import type { UserId } from '../protocol/ids.ts'
import type { Calls } from './calls.ts'
import type { PlacedRoom } from './placed-room.ts'

export interface PurchasesOptions {
  readonly calls: Calls
  /** What the user has bought behind that entry of their ledger, in its order. Rejects with what the store throws. */
  readonly purchasesAfter: (user: UserId, ledgerEntry: number) => Promise<readonly Purchase[]>
  /** What became of a request that something was thrown for; throws what is a defect. */
  readonly toRefusal: (thrown: unknown) => Refusal
}

/** A user who has a seat in a room whose game hears of purchases. */
interface Buyer {
  readonly user: UserId
  readonly room: PlacedRoom
  /** The last entry of the user's ledger that the seat has, as the room said last. */
  ledgerEntry: number
  /** There may be more in the ledger. */
  isBehind: boolean
  isRunning: boolean
}

/** Told to a room at once: as many of one seat as enter in one tick. */
const TOLD_MAX = 16
const RETRY_MS_MIN = 100
const RETRY_MS_MAX = 5_000
/** Nobody is there to be told. */
const GONE: ReadonlySet<ErrorCode> = new Set(['NOT_IN_ROOM', 'ROOM_OVER', 'ROOM_NOT_FOUND', 'GAME_FAILED'])

/**
 * What those who have seats have bought. A seat has a player's ledger up to an entry, at first the one that its inventory was read at; the room hears
 * of each purchase behind it, in its order, and says how far it has come. The log only says that there is something to be read in the ledger, so it does
 * not matter who was away when. Games that have no `bought` are not here.
 */
export class Purchases {
  readonly #options: PurchasesOptions
  readonly #buyers = new Map<UserId, Map<PlacedRoom, Buyer>>()

  constructor(options: PurchasesOptions) {
    this.#options = options
  }

  /** Users who have seats, and are told of. */
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

  /** The user's seat has ended. */
  unseated(room: PlacedRoom, user: UserId): void {
    const ofUser = this.#buyers.get(user)
    ofUser?.delete(room)
    if (ofUser?.size === 0) this.#buyers.delete(user)
  }

  /** The log says that the user has bought something. */
  bought(user: UserId): void {
    for (const buyer of this.#buyers.get(user)?.values() ?? []) this.#look(buyer)
  }

  /** The room has ended. */
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

  /** Returns whether the room has heard of all, or never will. */
  async #catchUp(buyer: Buyer): Promise<boolean> {
    const purchases = await this.#read(buyer)
    if (purchases instanceof Refusal) return false
    for (let i = 0; i < purchases.length; i += TOLD_MAX) {
      const told = purchases.slice(i, i + TOLD_MAX)
      const heard = await this.#tell(buyer, told)
      if (heard instanceof Refusal) return GONE.has(heard.code)
      buyer.ledgerEntry = heard.ledgerEntry
      // The seat is a new one, whose inventory was read before.
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

  /** It may be told twice: the seat knows what it has. */
  #tell({ user, room, ledgerEntry: after }: Buyer, purchases: readonly Purchase[]): Promise<HeardPurchases | Refusal> {
    const args = { handle: room.handle, user, after, purchases }
    return new Promise((done) => {
      this.#options.calls.make(room, { method: 'bought', args, done, untilMs: Infinity, mayRepeat: true })
    })
  }
}
