import type { Checkpoint } from '../games/checkpoint.ts'
import type { Game } from '../games/define.ts'
import { differenceOf } from '../games/difference.ts'
import type { Entry, Failure, TickResult } from '../games/entries.ts'
import { decodeEntries } from '../games/journal.ts'
import { roomText } from '../games/room-text.ts'
import { GameRun } from '../games/run.ts'
import { thrownText } from './author-place.ts'

/** A tick as a room has run it. */
export interface PlayedTick {
  /** As `encodeEntries` makes them. */
  readonly entries: Uint8Array
  readonly nowMs: number
  readonly result: TickResult
}

export interface CheckedRoom {
  readonly handle: number
  readonly game: Game
  readonly run: GameRun
  /** Reports a failure, see `RoomParts`. */
  failed(callback: string, error: unknown): string
}

/** The replay of a room, from its latest checkpoint. */
interface Replay {
  readonly handle: number
  readonly run: GameRun
  /** How many replays in a row this is since the last pause. */
  readonly turn: number
}

/**
 * After so many replays there is a pause until a room of the game, possibly the same one, comes to a checkpoint. The copy must
 * not see everything that a room does, or what is kept beside the state would be the same in both. It is two, so that in a game
 * for two not always the same player moves during the pause.
 */
const TURNS = 2

/**
 * For authors (GAME_CHECK). Of each game, one room at a time is played again by a copy of the game's modules, tick by tick from
 * its latest checkpoint. That is what a host does that takes over a room. So a variable beside the state, an object kept from an
 * earlier callback, or anything else that is not the same twice is noticed within seconds, and not only when a host dies.
 */
export class ReplayCheck {
  readonly #copies: ReadonlyMap<string, Game>
  /** By the name of the game. */
  readonly #replays = new Map<string, Replay>()
  /** Games with a difference that was reported. One difference leads to others, so they are not checked again. */
  readonly #told = new Set<string>()

  /** @param copies copies of games as other modules, by name; games without a copy are not checked */
  constructor(copies: ReadonlyMap<string, Game>) {
    this.#copies = copies
  }

  /** Call this after each tick. */
  ticked(room: CheckedRoom, played: PlayedTick): void {
    const { name } = room.game
    const copy = this.#copies.get(name)
    if (!copy || this.#told.has(name)) return
    const replay = this.#replays.get(name)
    if (replay && replay.handle !== room.handle) return
    const difference = replay && inSilence(() => differenceIn(replay.run, room.run, played))
    if (difference) this.#tell(room, difference)
    else if (room.run.isCheckpointTick && !room.run.ending) this.#next(room, copy, (replay?.turn ?? 0) + 1)
  }

  /** Call this when the room is no longer in this host. */
  forget(handle: number): void {
    for (const [name, replay] of this.#replays) if (replay.handle === handle) this.#replays.delete(name)
  }

  #next(room: CheckedRoom, copy: Game, turn: number): void {
    const { handle, run, game } = room
    this.#replays.delete(game.name)
    if (turn > TURNS) return
    const checkpoint = JSON.parse(JSON.stringify(run.checkpoint())) as Checkpoint
    try {
      this.#replays.set(game.name, { handle, run: GameRun.restore(copy, checkpoint), turn })
    } catch (error) {
      this.#tell(
        room,
        new ReplayDifference(`loaded again, the game does not take the state of its room: ${String(error)}`),
      )
    }
  }

  #tell(room: CheckedRoom, difference: ReplayDifference): void {
    const { name } = room.game
    this.#told.add(name)
    this.#replays.delete(name)
    room.failed('replay', difference)
  }
}

/** Says that a replay differs from the room. */
class ReplayDifference extends Error {
  override readonly name = 'ReplayDifference'
  /** The stack of this error says nothing about the game, so it is not shown. */
  override readonly stack: string

  constructor(what: string, cause?: unknown) {
    super(
      `${what}. The game uses something that is not in its state, such as a variable beside it or a part of the state that it has kept from an ` +
        `earlier callback. A host that takes over the room would go on with the state of the replay`,
      { cause },
    )
    this.stack = `${this.name}: ${this.message}`
  }
}

function differenceIn(
  replay: GameRun,
  run: GameRun,
  { entries: bytes, nowMs, result }: PlayedTick,
): ReplayDifference | undefined {
  const again = replay.step(decodeEntries(bytes), nowMs)
  const tick = () => `tick ${result.tick} (${callbacksOf(run.game, decodeEntries(bytes)).join(', ')})`
  const onlyAgain = again.failures.find((failure) => !hasFailed(result, failure))
  if (onlyAgain) {
    const { callback, error } = onlyAgain
    return new ReplayDifference(`in a replay of ${tick()} ${callback} threw ${thrownText(error)}`, error)
  }
  const onlyBefore = result.failures.find((failure) => !hasFailed(again, failure))
  if (onlyBefore) {
    const { callback, error } = onlyBefore
    return new ReplayDifference(`in ${tick()} ${callback} threw ${thrownText(error)}, but not in its replay`, error)
  }
  const [was, is] = [roomText(run, result), roomText(replay, again)]
  if (was === is) return undefined
  return new ReplayDifference(`in a replay of ${tick()} ${differenceOf(JSON.parse(was), JSON.parse(is))} in the room`)
}

function hasFailed({ failures }: TickResult, { callback }: Failure): boolean {
  return failures.some((failure) => failure.callback === callback)
}

/** The callbacks that may have run, by the names that authors know. */
function callbacksOf({ rules }: Game, entries: readonly Entry[]): readonly string[] {
  const names = entries.map((entry) => (entry.kind === 'input' ? `on.${entry.name}` : entry.kind))
  return [...new Set([...names, ...(rules.tick ? ['tick'] : ['timers'])])]
}

const SILENT = new Proxy({}, { get: () => () => {} }) as Console

/** Hides what the author prints, because the room has printed it already. */
function inSilence<Result>(act: () => Result): Result {
  const { console } = globalThis
  globalThis.console = SILENT
  try {
    return act()
  } finally {
    globalThis.console = console
  }
}
