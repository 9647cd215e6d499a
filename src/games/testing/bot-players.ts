import { checkInput } from '../check-input.ts'
import type { Seat } from '../definition.ts'
import type { Game } from '../define.ts'
import type { Entry, Failure } from '../entries.ts'
import type { GameRandom } from '../random.ts'
import { inRealm } from '../realm.ts'
import { factsOf } from '../room-facts.ts'
import type { GameRun } from '../run.ts'

/** An input that is none: its name is not declared, or its value does not fit. */
export class NoInput extends Error {
  override readonly name = 'NoInput'
}

/** See `checkInput`. Throws NoInput, too. */
export function inputOf(game: Game, name: string, value: unknown): unknown {
  const rule = game.inputs.get(name)
  if (!rule) throw new NoInput(`the game ${game.name} has no input "${name}"`)
  return checkInput(name, rule.type, value)
}

/** The bots of a room: each looks at what its seat sees, and says what it does in the next tick. */
export class BotPlayers {
  readonly #random: GameRandom
  /** Those that threw: they do nothing any more. */
  readonly #broken = new Set<string>()

  constructor(random: GameRandom) {
    this.#random = random
  }

  /** To be called behind each tick. @param see what a seat sees: plain data that the bot may not change */
  play(run: GameRun, see: (seat: Seat) => unknown): { entries: readonly Entry[]; failures: readonly Failure[] } {
    const entries: Entry[] = []
    const failures: Failure[] = []
    for (const seat of run.seats) {
      const bot = seat.bot === undefined || this.#broken.has(seat.id) ? undefined : run.game.rules.bots[seat.bot]
      if (!bot) continue
      const callback = `bots.${seat.bot}`
      try {
        const inputs = inRealm(callback, () =>
          bot(
            see(seat),
            seat,
            factsOf(run, () => this.#random.next()),
          ),
        )
        for (const [name, value] of inputs) {
          entries.push({ kind: 'input', user: seat.id, name, input: inputOf(run.game, name, value) })
        }
      } catch (error) {
        this.#broken.add(seat.id)
        failures.push({ callback, error })
      }
    }
    return { entries, failures }
  }
}
