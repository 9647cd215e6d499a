import type { Seat } from '../definition.ts'
import type { Game } from '../define.ts'
import type { Entry, Failure } from '../entries.ts'
import type { GameRandom } from '../random.ts'
import { inRealm } from '../realm.ts'
import type { GameRun } from '../run.ts'
import { validate } from '../standard-schema.ts'
import { decodeMsgpack, encodeMsgpack } from '../../protocol/msgpack.ts'

/** An input that is none: its name is not declared, or its value does not fit. */
export class NoInput extends Error {
  override readonly name = 'NoInput'
}

/** The value as the validator has it, and as a journal would. Throws TypeFault, NoInput, and what a validator throws that should not. */
export function checkInput(game: Game, name: string, value: unknown): unknown {
  const rule = game.inputs.get(name)
  if (!rule) throw new NoInput(`the game ${game.name} has no input "${name}"`)
  const valid = inRealm(`inputs.${name}`, () => validate(rule.type, value))
  return decodeMsgpack(encodeMsgpack(valid))
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
        const inputs = inRealm(callback, () => bot(see(seat), seat, this.#factsOf(run)))
        for (const [name, value] of inputs) {
          entries.push({ kind: 'input', user: seat.id, name, input: checkInput(run.game, name, value) })
        }
      } catch (error) {
        this.#broken.add(seat.id)
        failures.push({ callback, error })
      }
    }
    return { entries, failures }
  }

  #factsOf({ roomId: id, tick, nowMs, seats, isLocked, game }: GameRun) {
    const dt = game.hz === 0 ? 0 : 1 / game.hz
    return { id, tick, dt, nowMs, seats, isLocked, random: () => this.#random.next() }
  }
}
