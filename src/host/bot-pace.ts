import type { BotPace } from '../games/bots.ts'
import type { Seat } from '../games/definition.ts'
import type { Game } from '../games/define.ts'
import { Refusal } from '../protocol/errors.ts'
import { InputLimits } from './input-limits.ts'

export interface BotPaceOptions {
  readonly game: Game
  /** How long the bots of the room may think in one tick, all together. */
  readonly budgetMs: number
  readonly nowMs: () => number
  readonly onSkipped: (slow: SlowBot) => void
}

/** A bot that was not asked in a tick. The fields are of the bot that used up the time. */
export interface SlowBot {
  readonly bot: string
  readonly tookMs: number
}

/**
 * Limits the time of the bots of one room. If they take too long, they have less time in the next ticks. So on average they take
 * no more than `budgetMs` per tick, however long one of them takes. Their inputs are limited to the same rate as those of
 * players.
 */
export class HostBotPace implements BotPace {
  readonly #options: BotPaceOptions
  readonly #limits = new InputLimits()
  #leftMs = 0
  #startedMs = 0
  #asked = ''
  /** The slowest bot since there was last time for all bots. */
  #slowest: SlowBot = { bot: '', tookMs: 0 }

  constructor(options: BotPaceOptions) {
    this.#options = options
  }

  begin(): void {
    const { budgetMs } = this.#options
    this.#leftMs = Math.min(budgetMs, this.#leftMs + budgetMs)
    if (this.#leftMs === budgetMs) this.#slowest = { bot: '', tookMs: 0 }
  }

  mayThink(_seat: Seat, bot: string): boolean {
    const { nowMs, onSkipped } = this.#options
    if (this.#leftMs <= 0) {
      onSkipped(this.#slowest)
      return false
    }
    this.#asked = bot
    this.#startedMs = nowMs()
    return true
  }

  hasThought(): void {
    const tookMs = this.#options.nowMs() - this.#startedMs
    this.#leftMs -= tookMs
    if (tookMs >= this.#slowest.tookMs) this.#slowest = { bot: this.#asked, tookMs }
  }

  maySend({ id }: Seat, name: string): boolean {
    const { game, nowMs } = this.#options
    const rule = game.inputs.get(name)
    if (!rule) return false
    try {
      this.#limits.take(id, name, rule, nowMs())
      return true
    } catch (thrown) {
      if (thrown instanceof Refusal) return false
      throw thrown
    }
  }

  /** Call this when the seat has ended or its player is back. */
  forget(user: string): void {
    this.#limits.forget(user)
  }
}
