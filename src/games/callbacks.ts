import type { Game } from './define.ts'
import type { Outcome } from './entries.ts'
import type { LiveState } from './live-state.ts'
import { DONE, toOutcome, type Failures } from './outcomes.ts'
import { GameRefusal } from './refuse.ts'
import type { Registers } from './registers.ts'
import type { RoomApi, Wish } from './room-api.ts'
import type { TickNews } from './tick-news.ts'

export interface CallbacksOptions {
  readonly game: Game
  readonly state: LiveState
  readonly registers: Registers
  readonly room: RoomApi
  readonly failures: Failures
  readonly news: TickNews
  /** Carries out what a callback has asked for. */
  readonly grant: (wishes: readonly Wish[]) => void
  /** A callback has failed too many times in a row. */
  readonly onFailed: () => void
}

/**
 * Runs the callbacks of a room. Each takes effect as a whole or not at all: the state, the random generator, and what it asked of
 * the room.
 */
export class Callbacks {
  readonly room: RoomApi
  readonly #options: CallbacksOptions

  constructor(options: CallbacksOptions) {
    this.#options = options
    this.room = options.room
  }

  call(name: string, run: (live: unknown) => unknown): Outcome {
    const { state, registers, room, failures, grant } = this.#options
    const mark = registers.mark()
    room.open()
    try {
      state.change(name, run)
    } catch (thrown) {
      registers.reset(mark)
      room.forget()
      return thrown instanceof GameRefusal ? this.#refused(name, thrown) : this.failed(name, thrown)
    }
    const { wishes, reply } = room.take()
    failures.succeeded(name)
    grant(wishes)
    return reply === undefined ? DONE : { kind: 'done', value: reply }
  }

  /** Runs several callbacks. If the last of them fails or refuses, all of them are undone. Failures are reported all the same. */
  attempt(run: () => Outcome): Outcome {
    const { state, registers, room, failures, news } = this.#options
    const before = { registers: registers.checkpoint(), state: state.save(), asked: room.asked, inRow: failures.inRow }
    const [effects, events] = [news.effects.length, news.events.length]
    const outcome = run()
    // The end of a room is never undone.
    if (outcome.kind === 'done' || news.ending) return outcome
    registers.restore(before.registers)
    state.restore(before.state)
    room.asked = before.asked
    if (outcome.kind === 'refused') failures.restore(before.inRow)
    news.effects.length = effects
    news.events.length = events
    return outcome
  }

  failed(callback: string, error: unknown): Outcome {
    const failure = { callback, error }
    if (this.#options.failures.add(failure)) this.#options.onFailed()
    return { kind: 'failed', failure }
  }

  #refused(callback: string, refused: GameRefusal): Outcome {
    const outcome = toOutcome(this.#options.game, callback, refused)
    return outcome instanceof TypeError ? this.failed(callback, outcome) : outcome
  }
}
