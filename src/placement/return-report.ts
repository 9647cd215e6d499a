import type { Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import type { RoomId } from '../protocol/ids.ts'

const SHOWN_MAX = 20

/** Logs which rooms come back and which do not: one line for all that did, and one for each reason why others did not. */
export class ReturnReport {
  readonly #options: { readonly log: Log; readonly clock: Clock }
  readonly #startedMs: number
  #back = 0
  readonly #waiting = new Map<string, RoomId[]>()
  readonly #lost = new Map<string, RoomId[]>()
  /** For each reason, what else is known of the first room that was lost. */
  readonly #details = new Map<string, string>()

  constructor(options: { readonly log: Log; readonly clock: Clock }) {
    this.#options = options
    this.#startedMs = options.clock.nowMs()
  }

  came(): void {
    this.#back++
  }

  waits(room: RoomId, reason: string): void {
    add(this.#waiting, reason, room)
  }

  lost(room: RoomId, reason: string, detail?: string): void {
    add(this.#lost, reason, room)
    if (detail !== undefined && !this.#details.has(reason)) this.#details.set(reason, detail)
  }

  /** Logs what has happened since the last call. */
  tell(): void {
    const { log, clock } = this.#options
    const tookMs = Math.round(clock.nowMs() - this.#startedMs)
    if (this.#back > 0) log.info({ rooms: this.#back, tookMs }, 'rooms with games have come back')
    for (const [reason, rooms] of this.#waiting)
      log.warn({ reason, ...shown(rooms) }, 'rooms with games cannot go on: their journals are kept')
    for (const [reason, rooms] of this.#lost)
      log.warn(
        { reason, detail: this.#details.get(reason), ...shown(rooms) },
        'rooms with games were lost with the server: they have no result, and pay nothing',
      )
    this.#back = 0
    this.#waiting.clear()
    this.#lost.clear()
    this.#details.clear()
  }
}

function add(rooms: Map<string, RoomId[]>, reason: string, room: RoomId): void {
  const some = rooms.get(reason)
  if (some) some.push(room)
  else rooms.set(reason, [room])
}

function shown(rooms: readonly RoomId[]): { readonly rooms: number; readonly some: readonly RoomId[] } {
  return { rooms: rooms.length, some: rooms.slice(0, SHOWN_MAX) }
}
