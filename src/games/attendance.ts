import type { Game } from './define.ts'
import type { Callbacks } from './callbacks.ts'
import type { BoughtEntry, Joiner, Outcome } from './entries.ts'
import { DONE, NO_SEAT, OVER, refusal, refusalOfJoin } from './outcomes.ts'
import type { Registers } from './registers.ts'
import type { TakenSeat } from './seats.ts'
import type { TickNews } from './tick-news.ts'

export interface AttendanceOptions {
  readonly game: Game
  readonly registers: Registers
  readonly callbacks: Callbacks
  readonly news: TickNews
}

/** A game that refuses bots is asked again after this time, or after `fill.afterMs` if that is longer. */
const FILL_RETRY_MS = 1_000

/** The seats of a room: how they are taken, lost, found again and given up, each with its callback. */
export class Attendance {
  readonly #options: AttendanceOptions

  constructor(options: AttendanceOptions) {
    this.#options = options
  }

  /** How many seats are taken by bots that give way. They count as free, unless no player may join any more. */
  get yielding(): number {
    const { game, registers } = this.#options
    if (registers.wasFull && !game.seats.lateJoin) return 0
    return registers.seats.all.reduce((count, { fills }) => count + Number(fills), 0)
  }

  /** Whether nobody new can take a seat: the room is locked, or its match has begun and nobody may join late. */
  get isClosed(): boolean {
    const { game, registers } = this.#options
    return registers.isLocked || (registers.wasFull && !game.seats.lateJoin)
  }

  /** When bots will take the free seats, by the room's clock. Undefined if no player waits. */
  get fillDueMs(): number | undefined {
    const { game, registers } = this.#options
    const { fill } = game.seats
    if (!fill || registers.waitingSinceMs === null) return undefined
    return registers.waitingSinceMs + Math.max(1, fill.afterMs)
  }

  join(joiner: Joiner): Outcome {
    const { game, registers, callbacks, news } = this.#options
    const { seats } = registers
    const seat = seats.get(joiner.user)
    if (seat && seat.bot === undefined) return DONE
    const refused = refusalOfJoin(game.seats, joiner, registers, this.yielding)
    if (refused) return refused
    const bot = this.#botInTheWay()
    if (!bot) return this.#take(seats.take(joiner))
    // If the game refuses the player, this is undone, and the bot has never left.
    return callbacks.attempt(() => {
      this.leave(bot.id, 'replaced')
      if (news.ending) return OVER
      // The game may have used the free seat, for example for another bot.
      return refusalOfJoin(game.seats, joiner, registers, 0) ?? this.#take(seats.take(joiner))
    })
  }

  /** The outcome's value is the id of the seat. */
  joinNewBot(bot: string, fills = false): Outcome {
    const { seats } = this.#options.registers
    const { nextBot } = seats
    const id = seats.newBotId()
    const outcome = this.joinBot(id, bot, fills)
    if (outcome.kind === 'done') return { kind: 'done', value: id }
    seats.nextBot = nextBot
    return outcome
  }

  joinBot(id: string, bot: string, fills = false): Outcome {
    const { game, registers } = this.#options
    const { seats } = registers
    if (!Object.hasOwn(game.rules.bots, bot)) return refusal('BAD_REQUEST', `there is no bot "${bot}"`)
    if (seats.all.length >= game.seats.max) return refusal('ROOM_FULL', 'no seat is free')
    return this.#take(seats.takeForBot(id, bot, fills))
  }

  /** Lets bots take the free seats if players have waited long enough. Call this in each tick. */
  fill(nowMs: number): void {
    const { game, registers, news } = this.#options
    const { fill } = game.seats
    const { waitingSinceMs } = registers
    if (!fill || waitingSinceMs === null || nowMs - waitingSinceMs < fill.afterMs) return
    registers.waitingSinceMs = null
    // This counts the tries instead of the free seats, because the game may kick each bot again.
    for (let free = fill.to - registers.seats.all.length; free > 0 && this.#isWaiting && !news.ending; free--) {
      if (this.joinNewBot(fill.bot, true).kind !== 'done') break
    }
    if (this.#isWaiting) registers.waitingSinceMs = nowMs + Math.max(0, FILL_RETRY_MS - fill.afterMs)
  }

  /** Call this after each tick. */
  lookWhetherWaiting(nowMs: number): void {
    const { registers } = this.#options
    registers.waitingSinceMs = this.#isWaiting ? (registers.waitingSinceMs ?? nowMs) : null
  }

  /**
   * Notes that a player's last connection is gone, or that the first one is back. This holds even if the game's callback fails.
   */
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

  /** Ends a seat. This holds even if the game's callback fails. */
  leave(user: string, why: string): Outcome {
    const { game, registers, callbacks, news } = this.#options
    const seat = registers.seats.get(user)
    if (!seat) return NO_SEAT
    registers.seats.remove(user)
    news.effects.push({ kind: 'left', user, why })
    const { leave } = game.rules
    return leave ? callbacks.call('leave', (live) => leave(live, seat, callbacks.room)) : DONE
  }

  /**
   * Gives a purchase to its seat, each once and in order. If the seat already has it, or an earlier one is missing, nothing
   * changes. The seat keeps it even if the game's callback fails.
   */
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

  /** Asks the game about `seat`, which was just taken. If the game refuses it, the seat is given back. */
  #take(seat: TakenSeat): Outcome {
    const { game, registers, callbacks } = this.#options
    const { join } = game.rules
    const outcome = join ? callbacks.call('join', (live) => join(live, seat, callbacks.room)) : DONE
    if (outcome.kind !== 'done') {
      registers.seats.remove(seat.id)
      return outcome
    }
    if (registers.seats.all.length >= game.seats.max) registers.wasFull = true
    if (seat.bot === undefined && game.rules.over) registers.players.add(seat)
    return outcome
  }

  /** Whether a player is there, and bots may take free seats. */
  get #isWaiting(): boolean {
    const { game, registers } = this.#options
    const { fill } = game.seats
    const { seats } = registers
    if (!fill || this.isClosed || seats.all.length >= fill.to) return false
    return seats.all.some(({ bot }) => bot === undefined)
  }

  /** The bot that has to give way to a player, if as many seats are taken as bots may fill: the one that came last. */
  #botInTheWay(): TakenSeat | undefined {
    const { game, registers } = this.#options
    const { seats } = registers
    if (this.yielding === 0 || seats.all.length < (game.seats.fill?.to ?? game.seats.max)) return undefined
    return seats.all.findLast(({ fills }) => fills)
  }
}
