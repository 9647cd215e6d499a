import type { Seat } from './definition.ts'
import type { Joiner } from './entries.ts'
import { BOT_PREFIX } from '../protocol/ids.ts'

const NEW_SEAT = { isConnected: true, isGuest: false, bot: undefined, team: undefined } as const

/** The seats of a room, in the order in which they were taken. What is handed out never changes. */
export class Seats {
  #seats: readonly Seat[]
  #nextBot: number

  /** @param seats as JSON has them: without the fields that are undefined */
  constructor(seats: readonly Seat[] = [], nextBot = 1) {
    this.#seats = Object.freeze(seats.map((seat) => Object.freeze({ ...NEW_SEAT, ...seat })))
    this.#nextBot = nextBot
  }

  get all(): readonly Seat[] {
    return this.#seats
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

  get(id: string): Seat | undefined {
    return this.#seats.find((seat) => seat.id === id)
  }

  take({ user, isGuest, inventory }: Joiner): Seat {
    return this.#add({ ...NEW_SEAT, id: user, isGuest, inventory })
  }

  takeForBot(id: string, bot: string): Seat {
    return this.#add({ ...NEW_SEAT, id, bot, inventory: {} })
  }

  /** Returns the seat as it is now; undefined if there is none. */
  change(id: string, change: Partial<Pick<Seat, 'isConnected' | 'team' | 'inventory'>>): Seat | undefined {
    const seat = this.get(id)
    if (!seat) return undefined
    const changed = Object.freeze({ ...seat, ...change })
    this.#seats = Object.freeze(this.#seats.map((other) => (other === seat ? changed : other)))
    return changed
  }

  remove(id: string): void {
    this.#seats = Object.freeze(this.#seats.filter((seat) => seat.id !== id))
  }

  #add(seat: Seat): Seat {
    Object.freeze(seat.inventory)
    this.#seats = Object.freeze([...this.#seats, Object.freeze(seat)])
    return seat
  }
}
