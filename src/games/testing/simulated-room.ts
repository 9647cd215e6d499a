import { Bots } from '../bots.ts'
import type { Checkpoint } from '../checkpoint.ts'
import type { Game } from '../define.ts'
import type { Json, JsonArgs, Seat } from '../definition.ts'
import type { Entry, Failure, TickResult } from '../entries.ts'
import { decodeTick, encodeTick, type JournalHead, type TickRecord } from '../journal.ts'
import { resume } from '../migrate.ts'
import { GameRandom } from '../random.ts'
import { GameRun } from '../run.ts'
import { checkValue } from '../sync/shape.ts'
import { hashOf } from '../sync/tree-hash.ts'
import { t } from '../types.ts'
import { Audience } from './audience.ts'

/** A task that was started and has not come to an end. */
export interface PendingTask {
  readonly run: number
  readonly task: string
  readonly args: JsonArgs
}

const JSON_TYPE = t.json()

/** A room in this process: its run, those who look at it, its bots, and its journal. */
export class SimulatedRoom {
  readonly run: GameRun
  readonly audience: Audience
  readonly tasks = new Map<number, PendingTask>()
  readonly records: TickRecord[] = []
  /** Is told of each tick, behind it: what entered, as the journal has it. */
  onStep: ((record: TickRecord, result: TickResult) => void) | undefined
  readonly bots: Bots

  private constructor(run: GameRun, seed: number) {
    this.run = run
    this.audience = new Audience(run)
    // Not the room's chance: what a bot does is journaled.
    const random = GameRandom.of(seed + 1)
    this.bots = new Bots({ run, see: (seat) => this.see(seat), random: () => random.next() })
  }

  /** Throws what `create` throws, and TypeFault for the state that it gives. */
  static create(game: Game, { roomId, seed, startMs, options }: JournalHead): SimulatedRoom {
    return new SimulatedRoom(GameRun.create({ game, roomId, seed, startMs, options }), seed)
  }

  /** Throws if the checkpoint is none of this game, or of an older version to which there is no way from. */
  static restore(game: Game, checkpoint: Checkpoint): SimulatedRoom {
    return new SimulatedRoom(resume(game, checkpoint), 0)
  }

  /** Goes on with a room that was played elsewhere. */
  static of(run: GameRun, tasks: readonly PendingTask[]): SimulatedRoom {
    const room = new SimulatedRoom(run, 0)
    for (const task of tasks) room.tasks.set(task.run, task)
    return room
  }

  /** The next tick with these entries, as the journal has them. They stay the caller's. */
  step(given: readonly Entry[], nowMs: number): TickResult {
    const { run, tasks } = this
    const record = decodeTick(encodeTick({ tick: run.tick + 1, nowMs, entries: given, hash: null }))
    const result = run.step(structuredClone(record.entries), nowMs)
    const isHashed = run.isCheckpointTick || result.ending !== undefined
    if (isHashed || given.length > 0) this.records.push({ ...record, hash: isHashed ? this.hash : null })
    for (const entry of given) if (entry.kind === 'result' || entry.kind === 'failedTask') tasks.delete(entry.run)
    for (const effect of result.effects) if (effect.kind === 'task') tasks.set(effect.run, effect)
    this.onStep?.(record, result)
    return result
  }

  get hash(): number {
    return hashOf(this.run.shape, this.run.tree)
  }

  /** Everybody looks, a search would, and the bots think. To be called behind each tick. Returns what failed. */
  look(): readonly Failure[] {
    return [...this.audience.look(), ...this.#lookAtListing(), ...this.bots.think()]
  }

  /** What a seat sees, or a spectator: it cannot be changed. */
  see(seat: Seat | undefined): unknown {
    return frozen(this.audience.see(seat))
  }

  /** As plain data that went through JSON. */
  checkpoint(): Checkpoint {
    return JSON.parse(JSON.stringify(this.run.checkpoint())) as Checkpoint
  }

  listing(): Json | undefined {
    const { listing } = this.run.game.rules
    return listing && checkValue(JSON_TYPE, this.run.read('listing', listing))
  }

  #lookAtListing(): readonly Failure[] {
    try {
      this.listing()
      return []
    } catch (error) {
      return [{ callback: 'listing', error }]
    }
  }
}

/** The value itself; whoever tries to change it, at any depth, gets an error. */
export function frozen<Value>(value: Value): Value {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value
  for (const part of Object.values(value)) frozen(part)
  return Object.freeze(value)
}
