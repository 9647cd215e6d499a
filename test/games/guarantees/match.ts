import type { Entry, TickResult } from '../../../src/games/entries.ts'
import { decodeTick, encodeTick } from '../../../src/games/journal.ts'
import { GameRun } from '../../../src/games/run.ts'
import { hashOf } from '../../../src/games/sync/tree-hash.ts'
import { Dice } from '../../../src/games/testing/dice.ts'
import { differenceOf } from '../../../src/games/difference.ts'
import { simulatedReceipt } from '../../../src/games/testing/simulated-receipt.ts'
import { START_MS } from '../helpers/room.ts'
import { Found, Model } from './model.ts'
import { BOT, randomGame, type Fate } from './random-game.ts'

const TICKS = 40
const ENTRIES_MAX = 5
const USERS = ['ann', 'bob', '7', 'cat', '10', 'guest-1']
const BEFORE_MS = 50

interface Played {
  readonly tick: number
  readonly nowMs: number
  /** The record of the journal. */
  readonly bytes: Uint8Array
  readonly hash: number
  /** All there is to know of the room. */
  readonly room: string
  readonly outcomes: string
}

/** Plays the match of a seed, and looks at all that is promised of it. Returns how many callbacks ran. @throws Found */
export function playMatch(seed: number): number {
  try {
    const { game, calls } = randomGame(seed)
    const run = create(game, seed)
    const model = new Model(game, START_MS, calls)
    const dice = new Dice(seed + 1)
    const played: Played[] = []
    const entries = new RandomEntries(dice)
    let nowMs = START_MS
    for (let tick = 1; tick <= TICKS && !run.ending; tick++) {
      // Now and then the clock goes back.
      nowMs += dice.below(4 * BEFORE_MS) - BEFORE_MS
      const given = entries.next(run)
      const bytes = encodeTick({ tick, nowMs, entries: given, hash: null })
      const result = run.step(structuredClone(given), nowMs)
      model.step(given, nowMs, result)
      model.look(run.seats, run.isLocked)
      played.push({ tick, nowMs, bytes, hash: hashOf(run.shape, run.tree), ...textsOf(run, result) })
    }
    const fated = new Map<number, Fate>()
    for (const [i, { fate }] of calls.entries()) if (fate !== 'ok') fated.set(i, fate)
    if (fated.size > 0)
      compare('where what came to nothing never was', played, create(randomGame(seed, fated).game, seed))
    compare('in a replay of the journal', played, create(randomGame(seed).game, seed))
    compareRestored(seed, played, dice)
    return calls.length
  } catch (error) {
    if (error instanceof Found) throw new Found(`seed ${seed}: ${error.message}`)
    throw error
  }
}

function create(game: ReturnType<typeof randomGame>['game'], seed: number): GameRun {
  return GameRun.create({ game, roomId: 'r', seed, startMs: START_MS, options: {} })
}

function compare(how: string, played: readonly Played[], run: GameRun): void {
  for (const expected of played) stepAs(how, expected, run)
}

/** Rooms that are made from a checkpoint in one tick in four. */
function compareRestored(seed: number, played: readonly Played[], dice: Dice): void {
  let run = create(randomGame(seed).game, seed)
  for (const expected of played) {
    stepAs('in a room that goes on from its checkpoint', expected, run)
    if (run.ending || !dice.chance(0.25)) continue
    const checkpoint = JSON.parse(JSON.stringify(run.checkpoint())) as ReturnType<GameRun['checkpoint']>
    run = GameRun.restore(randomGame(seed).game, checkpoint)
  }
}

function stepAs(how: string, expected: Played, run: GameRun): void {
  const { tick, entries, nowMs } = decodeTick(expected.bytes)
  const is = textsOf(run, run.step(entries, nowMs))
  if (is.room === expected.room && is.outcomes === expected.outcomes && hashOf(run.shape, run.tree) === expected.hash)
    return
  const difference =
    differenceOf(JSON.parse(expected.room), JSON.parse(is.room)) ??
    differenceOf(JSON.parse(expected.outcomes), JSON.parse(is.outcomes))
  throw new Found(`tick ${tick}: ${how}: ${difference}`)
}

function textsOf(run: GameRun, { outcomes, effects, events, ending }: TickResult): Pick<Played, 'room' | 'outcomes'> {
  const { state, ...room } = run.checkpoint()
  const kinds = outcomes.map((outcome) => ({ kind: outcome.kind, ...(outcome.kind === 'done' ? outcome : {}) }))
  return {
    room: `{"state":${state},"room":${JSON.stringify({ ...room, effects, events, ending })}}`,
    outcomes: JSON.stringify(kinds),
  }
}

/** What enters: in every order, whether it makes sense or not. */
class RandomEntries {
  readonly #dice: Dice
  #number = 0

  constructor(dice: Dice) {
    this.#dice = dice
  }

  next(run: GameRun): readonly Entry[] {
    return Array.from({ length: this.#dice.below(ENTRIES_MAX + 1) }, () => this.#entry(run))
  }

  #entry({ seats }: GameRun): Entry {
    const dice = this.#dice
    const seat = seats[dice.below(Math.max(1, seats.length))]?.id
    const user = seat !== undefined && dice.chance(0.6) ? seat : dice.pick(USERS)
    const number = this.#number++
    const roll = dice.roll()
    if (roll < 0.25) {
      const joiner = dice.pick(USERS)
      const isGuest = joiner.startsWith('guest-')
      return { kind: 'join', joiner: { user: joiner, isGuest, inventory: {}, ledgerEntry: dice.below(6) } }
    }
    if (roll < 0.55) return { kind: 'input', user, name: dice.pick(['go', 'stop']), input: number }
    if (roll < 0.67) return { kind: 'drop', user }
    if (roll < 0.79) return { kind: 'back', user }
    if (roll < 0.86) return { kind: 'leave', user, why: dice.pick(['left', 'kicked']) }
    if (roll < 0.89) return { kind: 'bot', bot: BOT }
    if (roll < 0.92) {
      const receipt = simulatedReceipt(number, { user_id: user, good_id: 'hat', committed_at: START_MS, count: number })
      const ledgerEntry = 1 + dice.below(20)
      return { kind: 'bought', user, receipt, ledgerEntry, after: Math.max(0, ledgerEntry - 1 - dice.below(12)) }
    }
    if (roll < 0.95) return { kind: 'result', task: 'load', run: number, value: number }
    if (roll < 0.97) return { kind: 'failedTask', task: 'load', run: number, error: 'disk' }
    if (roll < 0.995) return { kind: 'moved' }
    return { kind: 'end', why: dice.pick(['ended', 'empty', 'too long']) }
  }
}
