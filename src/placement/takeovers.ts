import { delay, within } from '../base/delay.ts'
import type { GameFailure } from '../link/methods/host.ts'
import { Refusal } from '../protocol/errors.ts'
import type { Endings } from './endings.ts'
import type { Host, Hosts } from './hosts.ts'
import type { Moves } from './moves.ts'
import type { PlacedRoom } from './placed-room.ts'
import type { PlacedRooms } from './rooms.ts'

export interface TakeoversOptions {
  readonly rooms: PlacedRooms
  readonly hosts: Hosts
  readonly moves: Moves
  readonly endings: Endings
  /** Called when there may be a host again for rooms without one. */
  readonly placeHomeless: () => void
  /** Called with a room whose host has died, and that nobody else takes care of. */
  readonly orphaned: (room: PlacedRoom) => void
}

/**
 * Says why a host cannot go on with the rooms of the one that it was to replace. One line per mistake, for the author of the
 * game.
 */
export class TakeoverError extends Error {
  override readonly name = 'TakeoverError'
  readonly mistakes: readonly string[]

  constructor(mistakes: readonly string[]) {
    super(mistakes.join('\n'))
    this.mistakes = mistakes
  }
}

/** A successor that has the rooms, while the old host can still take them back. */
interface Trial {
  readonly old: Host
  readonly successor: Host
  readonly fail: (why: TakeoverError) => void
}

/** How long a successor is watched once it has the rooms. */
const TRIAL_MS = 1_000
/** The shares of the time for a takeover that rehearsal and trial may take. */
const REHEARSAL_SHARE = 0.5
const TRIAL_SHARE = 0.25
/** How many rooms of one game are rehearsed before any room is moved. */
const REHEARSED_MAX = 100
const MISTAKES_MAX = 10
/** If one of these callbacks fails, the room cannot go on. Another callback that fails costs only the request that called it. */
const VITAL = /^(?:tick|over|view|listing|timers)\b/

/**
 * Lets a new host take over the rooms of an old one: all of them, or none. The new host may run other code. First it rehearses,
 * unseen, how the rooms would go on. Then the rooms move, and the old host waits for a while. If anything goes wrong in that
 * time, the old host goes on from the tick in which each room was handed over, with everything that has come in since.
 */
export class Takeovers {
  readonly #options: TakeoversOptions
  #trial: Trial | undefined

  constructor(options: TakeoversOptions) {
    this.#options = options
  }

  /**
   * Resolves when the old host has no rooms any more. Rejects if the old host goes on with them, with TakeoverError if a game is
   * to blame.
   * @param withinMs the time after which the caller ends the old host, unless this was rejected; the rehearsal takes at most half
   * of it
   */
  async run(oldId: number, successorId: number, withinMs: number): Promise<void> {
    const { hosts, placeHomeless } = this.#options
    const successor = hosts.get(successorId)
    if (!successor) throw new Error('the new host has ended')
    const isTried = await within(
      this.#rehearse(successor).then(() => true),
      withinMs * REHEARSAL_SHARE,
      false,
    )
    if (!isTried) throw new Error('the new host does not answer')
    const old = hosts.get(oldId)
    if (old) await this.#try(old, successor, Math.min(TRIAL_MS, withinMs * TRIAL_SHARE))
    else hosts.setOpen(successor, true)
    placeHomeless()
  }

  /** The host has ended, and everything that it said was handled. */
  hostGone(id: number): void {
    const trial = this.#trial
    if (id === trial?.successor.id) trial.fail(new TakeoverError(['the new host has ended']))
    // The old host can no longer take the rooms back.
    if (id === trial?.old.id) this.#settle()
  }

  /** A callback has failed in its host. */
  failed(room: PlacedRoom, { callback, message, place, tick }: GameFailure): void {
    const trial = this.#trial
    if (!trial || !room.handedOver || room.host !== trial.successor.id || !VITAL.test(callback)) return
    const where = place === null ? '' : ` (${place})`
    const mistake = `${room.game.name}: ${callback} threw ${message}${where} in tick ${tick}`
    trial.fail(new TakeoverError([mistake]))
  }

  async #rehearse(successor: Host): Promise<void> {
    const mistakes = new Map<string, number>()
    for (const room of this.#toRehearse(successor)) {
      const { checkpoint, records, handle } = room
      if (!checkpoint) continue
      const args = { handle, checkpoint: checkpoint.text, records: records.map(({ bytes }) => bytes) }
      const result = await new Promise<null | Refusal>((resolve) =>
        successor.link.call('rehearse', args, (answer) => successor.outlet.pass(() => resolve(answer))),
      )
      if (!(result instanceof Refusal)) continue
      const mistake = mistakeOf(room, result)
      mistakes.set(mistake, (mistakes.get(mistake) ?? 0) + 1)
    }
    if (mistakes.size > 0) throw new TakeoverError(linesOf(mistakes))
  }

  #toRehearse({ generation }: Host): readonly PlacedRoom[] {
    const counts = new Map<string, number>()
    return [...this.#options.rooms.all].filter((room) => {
      if (room.generation === generation || (room.phase !== 'running' && room.phase !== 'moving')) return false
      const count = (counts.get(room.game.name) ?? 0) + 1
      counts.set(room.game.name, count)
      return count <= REHEARSED_MAX
    })
  }

  async #try(old: Host, successor: Host, trialMs: number): Promise<void> {
    const { hosts } = this.#options
    const failure = Promise.withResolvers<never>()
    this.#trial = { old, successor, fail: failure.reject }
    hosts.setOpen(successor, true)
    hosts.setOpen(old, false)
    const moved = this.#moveAll(old, successor)
    const proved = moved.then((count) => (count === 0 ? undefined : delay(trialMs)))
    try {
      await Promise.race([proved, failure.promise])
    } catch (error) {
      await moved
      // The old host has ended, so it cannot take the rooms back.
      if (hosts.get(old.id) !== old) return
      hosts.setOpen(old, true)
      hosts.setOpen(successor, false)
      await this.#takeBackAll(old, successor)
      throw error
    } finally {
      this.#settle()
    }
  }

  /** Resolves to the number of rooms that were handed over. */
  async #moveAll(old: Host, successor: Host): Promise<number> {
    const { rooms, moves } = this.#options
    const handOver = async (room: PlacedRoom): Promise<number> => {
      if (room.phase === 'opening') await room.settled()
      if (room.phase !== 'running' || room.host !== old.id || !(await moves.release(room))) return 0
      if (room.checkpoint && this.#trial)
        room.handedOver = { checkpoint: room.checkpoint, generation: room.generation, records: [] }
      const refusal = await moves.restore(room, successor, 'move')
      if (refusal) this.#trial?.fail(new TakeoverError([mistakeOf(room, refusal)]))
      return 1
    }
    const counts = await Promise.all(rooms.ofHost(old).map(handOver))
    return counts.reduce((sum, count) => sum + count, 0)
  }

  async #takeBackAll(old: Host, successor: Host): Promise<void> {
    const { rooms } = this.#options
    const taken = [...rooms.all].filter(({ handedOver, generation, host }) => {
      // Rooms that the successor has made itself are taken, too, or that it had when it died, because they may fit. Rooms of its
      // generation in another host stay there.
      const hasNone = host === undefined && generation === successor.generation
      return handedOver !== undefined || host === successor.id || hasNone
    })
    await Promise.all(taken.map((room) => this.#takeBack(room, old)))
  }

  async #takeBack(room: PlacedRoom, old: Host): Promise<void> {
    const { moves, endings } = this.#options
    if (room.phase === 'opening') await room.settled()
    if (room.phase === 'running') await moves.release(room)
    if (room.phase !== 'moving' || !room.checkpoint) return
    if (room.handedOver) room.takeBack(room.handedOver)
    const refusal = await moves.restore(room, old, 'move')
    if (refusal) endings.failed(room, refusal.message)
  }

  #settle(): void {
    const { rooms, hosts, orphaned } = this.#options
    this.#trial = undefined
    for (const room of rooms.all) {
      if (!room.handedOver) continue
      room.handedOver = undefined
      if (room.phase === 'moving' && !hosts.get(room.host)) orphaned(room)
    }
  }
}

function mistakeOf({ game: { name } }: PlacedRoom, { code, message }: Refusal): string {
  if (code === 'GAME_NOT_FOUND') return `${name}: there is no such game any more, and it is played in a room`
  if (code === 'GAME_FAILED') return `${name}: ${message}`
  return 'the new host has ended'
}

function linesOf(mistakes: ReadonlyMap<string, number>): readonly string[] {
  const lines = Array.from(mistakes, ([mistake, rooms]) => (rooms === 1 ? mistake : `${mistake} (in ${rooms} rooms)`))
  const left = lines.length - MISTAKES_MAX
  return left > 0 ? [...lines.slice(0, MISTAKES_MAX), `and ${left} more`] : lines
}
