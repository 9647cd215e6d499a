import type { Game } from './define.ts'
import type { Callbacks } from './callbacks.ts'
import type { BoughtEntry, Joiner, Outcome } from './entries.ts'
import { DONE, NO_SEAT, refusal, refusalOfJoin } from './outcomes.ts'
import type { Registers } from './registers.ts'
import type { TakenSeat } from './seats.ts'
import type { TickNews } from './tick-news.ts'

export interface AttendanceOptions {
  readonly game: Game
  readonly registers: Registers
  readonly callbacks: Callbacks
  readonly news: TickNews
}

/** Who has a seat: how seats are taken, lost, found again and given up, each with its callback. */
export class Attendance {
  readonly #options: AttendanceOptions

  constructor(options: AttendanceOptions) {
    this.#options = options
  }

  join(joiner: Joiner): Outcome {
    const { game, registers } = this.#options
    const seat = registers.seats.get(joiner.user)
    if (seat && seat.bot === undefined) return DONE
    return refusalOfJoin(game.seats, joiner, registers) ?? this.#take(registers.seats.take(joiner))
  }

  /** The outcome has the id of the seat. */
  joinNewBot(bot: string): Outcome {
    const { seats } = this.#options.registers
    const { nextBot } = seats
    const id = seats.newBotId()
    const outcome = this.joinBot(id, bot)
    if (outcome.kind === 'done') return { kind: 'done', value: id }
    seats.nextBot = nextBot
    return outcome
  }

  joinBot(id: string, bot: string): Outcome {
    const { game, registers } = this.#options
    const { seats } = registers
    if (!Object.hasOwn(game.rules.bots, bot)) return refusal('BAD_REQUEST', `there is no bot "${bot}"`)
    if (seats.all.length >= game.seats.max) return refusal('ROOM_FULL', 'no seat is free')
    return this.#take(seats.takeForBot(id, bot))
  }

  /** A player's last connection is gone, or the first is back: that is so whatever the game says. */
  setConnected(user: string, isConnected: boolean): Outcome {
    const { game, registers, callbacks } = this.#options
    const seat = registers.seats.get(user)
    if (!seat) return NO_SEAT
    if (seat.isConnected === isConnected) return DONE
    const changed = registers.seats.change(user, { isConnected }) ?? seat
    const name = isConnected ? 'back' : 'drop'
    const callback = game.rules[name]
    return callback ? callbacks.call(name, (live) => callback(live, changed, callbacks.room)) : DONE
  }

  /** The seat ends whatever the game says. */
  leave(user: string, why: string): Outcome {
    const { game, registers, callbacks, news } = this.#options
    const seat = registers.seats.get(user)
    if (!seat) return NO_SEAT
    registers.seats.remove(user)
    news.effects.push({ kind: 'left', user, why })
    const { leave } = game.rules
    return leave ? callbacks.call('leave', (live) => leave(live, seat, callbacks.room)) : DONE
  }

  /** Each purchase once, and none is left out: what the seat has, or has not come to yet, changes nothing. The seat has it whatever the game says. */
  bought({ user, receipt, ledgerEntry, after }: BoughtEntry): Outcome {
    const { game, registers, callbacks } = this.#options
    const seat = registers.seats.get(user)
    if (!seat) return NO_SEAT
    if (ledgerEntry <= seat.ledgerEntry) return DONE
    if (after > seat.ledgerEntry) return refusal('CONFLICT', 'an earlier purchase is missing')
    const { good_id, count } = receipt
    const owned = Object.hasOwn(seat.inventory, good_id) ? (seat.inventory[good_id] ?? 0) : 0
    const inventory = Object.freeze({ ...seat.inventory, [good_id]: owned + count })
    const changed = registers.seats.change(user, { inventory, ledgerEntry }) ?? seat
    const { bought } = game.rules
    return bought ? callbacks.call('bought', (live) => bought(live, changed, receipt, callbacks.room)) : DONE
  }

  /** `seat` was taken just now; it is given back if the game does not want it. */
  #take(seat: TakenSeat): Outcome {
    const { game, registers, callbacks } = this.#options
    const { join } = game.rules
    const outcome = join ? callbacks.call('join', (live) => join(live, seat, callbacks.room)) : DONE
    if (outcome.kind !== 'done') registers.seats.remove(seat.id)
    else if (registers.seats.all.length >= game.seats.max) registers.wasFull = true
    return outcome
  }
}
