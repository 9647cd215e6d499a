import type { Seat } from './definition.ts'
import type { Joiner } from './entries.ts'
import { BOT_PREFIX } from '../protocol/ids.ts'

/** A seat with what is not the game's business. */
export interface TakenSeat extends Seat {
  /** The last entry of the player's ledger that has come into `inventory`; 0: none. */
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

/** The seats of a room, in the order in which they were taken. What is handed out never changes. */
export class Seats {
  #seats: readonly TakenSeat[]
  #nextBot: number

  /** @param seats as JSON has them: without the fields that are undefined */
  constructor(seats: readonly TakenSeat[] = [], nextBot = 1) {
    this.#seats = Object.freeze(seats.map((seat) => Object.freeze({ ...NEW_SEAT, ...seat })))
    this.#nextBot = nextBot
  }

  get all(): readonly TakenSeat[] {
    return this.#seats
  }

  /** Puts back what `all` was. */
  set all(seats: readonly TakenSeat[]) {
    this.#seats = seats
  }

  /** The number of the next bot; a callback that comes to nothing sets it back. */
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

  /** Returns the seat as it is now; undefined if there is none. */
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
