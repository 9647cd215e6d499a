import type { Checkpoint } from '../games/checkpoint.ts'
import type { Game } from '../games/define.ts'
import { differenceOf } from '../games/difference.ts'
import type { Entry, Failure, TickResult } from '../games/entries.ts'
import { decodeEntries } from '../games/journal.ts'
import { roomText } from '../games/room-text.ts'
import { GameRun } from '../games/run.ts'
import { thrownText } from './author-place.ts'

/** A tick as a room has played it. */
export interface PlayedTick {
  /** See `encodeEntries`. */
  readonly entries: Uint8Array
  readonly nowMs: number
  readonly result: TickResult
}

export interface CheckedRoom {
  readonly handle: number
  readonly game: Game
  readonly run: GameRun
  /** See `RoomParts`. */
  failed(callback: string, error: unknown): string
}

/** Of a room, from its newest checkpoint. */
interface Replay {
  readonly handle: number
  readonly run: GameRun
  /** How often in a row the room was begun with. */
  readonly turn: number
}

/**
 * Then there is a rest until a room of the game, which may be the same, comes to a checkpoint. The copy must not see all that a room does: else what
 * stands beside the state is the same in both. Two, so that in a game for two it is not always the same player who moves in the rest.
 */
const TURNS = 2

/**
 * For authors (GAME_CHECK): one room of each game at a time is played again, tick by tick from its newest checkpoint, by a copy of the game's modules.
 * That is what a host does which goes on with a room. So a variable beside the state, an object kept from an earlier callback, or anything else that
 * is not the same twice shows within seconds, and not when a host dies.
 */
export class ReplayCheck {
  readonly #copies: ReadonlyMap<string, Game>
  /** By game. */
  readonly #replays = new Map<string, Replay>()
  /** Games of which a difference was told: one brings others. */
  readonly #told = new Set<string>()

  /** @param copies of games, by their names: as other modules. Those that are not there are not checked. */
  constructor(copies: ReadonlyMap<string, Game>) {
    this.#copies = copies
  }

  /** To be called behind each tick. */
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

  /** The room is not here any more. */
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

/** A replay has come to something else than the room. */
class ReplayDifference extends Error {
  override readonly name = 'ReplayDifference'
  /** Where it was found says nothing about the game. */
  override readonly stack: string

  constructor(what: string, cause?: unknown) {
    super(
      `${what}. The game uses something that is not in its state, such as a variable beside it or a part of the state that it has kept from an ` +
        `earlier callback: a host that goes on with the room comes to what the replay comes to`,
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

/** What may have run, by the names that authors know. */
function callbacksOf({ rules }: Game, entries: readonly Entry[]): readonly string[] {
  const names = entries.map((entry) => (entry.kind === 'input' ? `on.${entry.name}` : entry.kind))
  return [...new Set([...names, ...(rules.tick ? ['tick'] : ['timers'])])]
}

const SILENT = new Proxy({}, { get: () => () => {} }) as Console

/** What an author prints was printed by the room. */
function inSilence<Result>(act: () => Result): Result {
  const { console } = globalThis
  globalThis.console = SILENT
  try {
    return act()
  } finally {
    globalThis.console = console
  }
}
