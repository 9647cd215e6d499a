import type { Seat } from './definition.ts'
import type { Joiner } from './entries.ts'
import { BOT_PREFIX } from '../protocol/ids.ts'

/** A seat with fields that the game does not see. */
export interface TakenSeat extends Seat {
  /** The last entry of the player's ledger that `inventory` includes; 0 if there is none. */
  readonly ledgerEntry: number
}

const NEW_SEAT = {
  isConnected: true,
  isGuest: false,
  bot: undefined,
  fills: false,
  team: undefined,
  ledgerEntry: 0,
} as const

/** The seats of a room, in the order in which they were taken. The objects that it returns never change. */
export class Seats {
  #seats: readonly TakenSeat[]
  #nextBot: number

  /** @param seats as JSON holds them, without fields that are undefined */
  constructor(seats: readonly TakenSeat[] = [], nextBot = 1) {
    this.#seats = Object.freeze(seats.map((seat) => Object.freeze({ ...NEW_SEAT, ...seat })))
    this.#nextBot = nextBot
  }

  get all(): readonly TakenSeat[] {
    return this.#seats
  }

  /** Puts back an earlier value of `all`. */
  set all(seats: readonly TakenSeat[]) {
    this.#seats = seats
  }

  /** The number of the next bot. If a callback is undone, it is set back. */
  get nextBot(): number {
    return this.#nextBot
  }

  set nextBot(number: number) {
    this.#nextBot = number
  }

  newBotId(): string {
    return `${BOT_PREFIX}${this.#nextBot++}`
  }

  get(id: string): TakenSeat | undefined {
    return this.#seats.find((seat) => seat.id === id)
  }

  take({ user, isGuest, inventory, ledgerEntry }: Joiner): TakenSeat {
    return this.#add({ ...NEW_SEAT, id: user, isGuest, inventory, ledgerEntry })
  }

  /** @param fills see `Seat` */
  takeForBot(id: string, bot: string, fills: boolean): TakenSeat {
    return this.#add({ ...NEW_SEAT, id, bot, fills, inventory: {} })
  }

  /** Returns the changed seat, or undefined if there is none. */
  change(id: string, change: Partial<Omit<TakenSeat, 'id' | 'isGuest' | 'bot'>>): TakenSeat | undefined {
    const seat = this.get(id)
    if (!seat) return undefined
    const changed = Object.freeze({ ...seat, ...change })
    this.#seats = Object.freeze(this.#seats.map((other) => (other === seat ? changed : other)))
    return changed
  }

  remove(id: string): void {
    this.#seats = Object.freeze(this.#seats.filter((seat) => seat.id !== id))
  }

  #add(seat: TakenSeat): TakenSeat {
    Object.freeze(seat.inventory)
    this.#seats = Object.freeze([...this.#seats, Object.freeze(seat)])
    return seat
  }
}
