import type { Log } from '../base/log.ts'
import type { GameRun } from '../games/run.ts'
import type { SlowBot } from './bot-pace.ts'
import type { HostMetrics } from './host-metrics.ts'

export interface SlowBotsOptions {
  readonly metrics: HostMetrics
  readonly log: Log
  readonly budgetMs: number
}

/** Counts bots that were left out of a tick, and logs each kind of slow bot once. */
export class SlowBots {
  readonly #options: SlowBotsOptions
  readonly #said = new Set<string>()

  constructor(options: SlowBotsOptions) {
    this.#options = options
  }

  /**
   * Counts a bot that was not asked in this tick.
   * @param slow the bot that used up the time
   */
  skipped({ roomId: room, game: { name: game }, tick }: GameRun, { bot, tookMs }: SlowBot): void {
    const { metrics, log, budgetMs } = this.#options
    metrics.botSkipped(game)
    const name = `${game} ${bot}`
    if (this.#said.has(name)) return
    this.#said.add(name)
    log.warn(
      { room, game, bot, tick, tookMs: Math.round(tookMs * 10) / 10, budgetMs },
      'a bot thinks too long: bots of its room are left out of ticks (GAME_BOT_BUDGET)',
    )
  }
}
