import type { Game } from '../../../src/games/define.ts'
import type { Entry, Joiner, TickResult } from '../../../src/games/entries.ts'
import { GameRun } from '../../../src/games/run.ts'
import { simulatedReceipt } from '../../../src/games/testing/simulated-receipt.ts'

export const START_MS = 1_790_000_000_000

/** A room on a clock by hand. */
export class TestRoom {
  readonly run: GameRun
  /** Of the last tick. */
  result: TickResult | undefined

  constructor(game: Game, options: unknown = {}, seed = 7) {
    this.run = GameRun.create({ game, roomId: 'r1', seed, startMs: START_MS, options })
  }

  /** One tick with these entries. */
  step(...entries: Entry[]): TickResult {
    return (this.result = this.run.step(entries, START_MS))
  }

  at(nowMs: number, ...entries: Entry[]): TickResult {
    return (this.result = this.run.step(entries, START_MS + nowMs))
  }

  get state(): unknown {
    return this.run.shape.thaw(this.run.tree)
  }

  get seats(): readonly string[] {
    return this.run.seats.map(({ id }) => id)
  }
}

export function join(
  user: string,
  isGuest = false,
  holdings: Partial<Pick<Joiner, 'inventory' | 'ledgerEntry'>> = {},
): Entry {
  return { kind: 'join', joiner: { user, isGuest, inventory: {}, ledgerEntry: 0, ...holdings } }
}

/** A purchase, as an entry of the user's ledger. */
export function bought(user: string, ledgerEntry: number, { after = 0, good = 'hat', count = 1 } = {}): Entry {
  const receipt = simulatedReceipt(ledgerEntry, { user_id: user, good_id: good, count, committed_at: START_MS })
  return { kind: 'bought', user, receipt, ledgerEntry, after }
}

export function input(user: string, name: string, value: unknown = {}): Entry {
  return { kind: 'input', user, name, input: value }
}
