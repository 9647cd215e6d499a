import type { RoomFacts, Seat } from '../games/definition.ts'
import { inRealm } from '../games/realm.ts'
import { factsOf } from '../games/room-facts.ts'
import type { GameRun } from '../games/run.ts'
import { viewKeyOf } from '../games/views.ts'

export interface BotsOptions {
  readonly run: GameRun
  /** In [0, 1): not the room's chance, which is journaled. */
  readonly random: () => number
  readonly nowMs: () => number
  /** An input of a bot, as of any seat. What it throws is the bot's fault. */
  readonly send: (seat: Seat, name: string, input: unknown) => void
  readonly onFailure: (callback: string, error: unknown) => void
}

/** How long the bots of a room may think in one tick: the others have to wait for the next. */
const TICK_MS = 5

/** The bots of a room: each looks at what its seat sees, and sends inputs, which are journaled as those of players are. */
export class Bots {
  readonly #options: BotsOptions
  /** Those that threw: they do nothing any more. */
  readonly #broken = new Set<string>()
  /** The seat that begins in the next tick, as the time was over before it. */
  #next: string | undefined

  constructor(options: BotsOptions) {
    this.#options = options
  }

  /** To be called behind each tick. */
  play(): void {
    const { run, nowMs, random } = this.#options
    const bots = run.seats.filter(({ bot, id }) => bot !== undefined && !this.#broken.has(id))
    if (bots.length === 0) return
    const untilMs = nowMs() + TICK_MS
    const facts = factsOf(run, random)
    const views = new Map<string, unknown>()
    const first = Math.max(
      0,
      bots.findIndex(({ id }) => id === this.#next),
    )
    this.#next = undefined
    for (let i = 0; i < bots.length; i++) {
      const seat = bots[(first + i) % bots.length]
      if (!seat) continue
      if (i > 0 && nowMs() > untilMs) {
        this.#next = seat.id
        return
      }
      this.#playOne(seat, facts, views)
    }
  }

  #playOne(seat: Seat, facts: RoomFacts, views: Map<string, unknown>): void {
    const { run, send, onFailure } = this.#options
    const callback = `bots.${seat.bot}`
    try {
      const play = run.game.rules.bots[seat.bot ?? '']
      const view = this.#viewOf(seat, views)
      const inputs = play && inRealm(callback, () => play(view, seat, facts))
      for (const [name, input] of inputs ?? []) send(seat, name, input)
    } catch (error) {
      this.#broken.add(seat.id)
      onFailure(callback, error)
    }
  }

  /** A copy, which the bots of one tick that see the same share. */
  #viewOf(seat: Seat, views: Map<string, unknown>): unknown {
    const { run } = this.#options
    const { view } = run.game.rules
    const key = viewKeyOf(run.game, run, seat)
    const known = views.get(key)
    if (known !== undefined) return known
    const seen = view ? structuredClone(run.read('view.of', (state) => view.of(state, key))) : run.shape.thaw(run.tree)
    views.set(key, seen)
    return seen
  }
}
