import { OF_USERS } from '../protocol/client-facts.ts'
import type { EventEnvelope, ReadyPayload, ResumedPayload } from '../protocol/shapes/events.ts'

export type Verdict = 'deliver' | 'duplicate' | 'gap'

// The id of a room has no slash, so it cannot equal one of these names.
const NAMESPACE = '/'
const USER = '/user'

/**
 * The client's half of section 4 of docs/reference/protocol.md: the last offset seen in each channel, which proves that no event
 * is missing, and the cursor to resume from.
 */
export class Channels {
  readonly #lastOffsets = new Map<string, number>()
  readonly #rooms = new Set<string>()
  #epoch = ''
  #cursor = 0
  #replayLeft = 0
  #replayEndOffset = 0

  /** The rooms that this client is a member of. Every resume joins them again. */
  get rooms(): string[] {
    return [...this.#rooms]
  }

  /** The `since` parameter of a resume. */
  get since(): string {
    return `${this.#epoch}:${this.#cursor}`
  }

  /** Forgets everything from before. Call this after `ready`, and after a resume that recovered nothing. */
  start(session: ReadyPayload, rooms: readonly string[] = []): void {
    this.#epoch = session.epoch
    this.#cursor = session.offset
    this.#replayLeft = 0
    this.#lastOffsets.clear()
    this.#setRooms(rooms)
    this.#raiseAll(session.offset)
  }

  resume(session: ResumedPayload): void {
    const rooms = session.rooms ?? this.rooms
    if (!session.recovered) {
      this.start(session, rooms)
      return
    }
    this.#setRooms(rooms)
    this.#epoch = session.epoch
    this.#replayLeft = session.replayed
    this.#replayEndOffset = session.offset
    if (session.replayed === 0) this.#endReplay()
  }

  /** Events of the room may come before the reply to its join. They are checked from the first one on. */
  joining(room: string): void {
    if (!this.#rooms.has(room)) this.#lastOffsets.delete(room)
  }

  joined(room: string, offset: number): void {
    this.#rooms.add(room)
    // An offset that is already there comes from an event. Raising it could drop an event that is still on its way.
    if (!this.#lastOffsets.has(room)) this.#lastOffsets.set(room, offset)
  }

  left(room: string): void {
    this.#rooms.delete(room)
    this.#lastOffsets.delete(room)
  }

  /** On `gap` the event must not be delivered, and the connection must be resumed from `since`. */
  take(event: EventEnvelope): Verdict {
    // The event is not from the log, so nothing could be missing before it.
    if (!Number.isFinite(event.offset)) return 'deliver'
    const channel = channelOf(event)
    const last = this.#lastOffsets.get(channel)
    const replayed = this.#replayLeft > 0
    // The server vouches that a replay is complete. Its `prev` may come from a node that had dropped the channel.
    if (!replayed && last !== undefined && event.prev > last) {
      // Events of other channels may have moved the cursor past what is missing in this one.
      this.#cursor = Math.min(this.#cursor, last)
      return 'gap'
    }
    const fresh = last === undefined || event.offset > last
    if (fresh) this.#lastOffsets.set(channel, event.offset)
    this.#cursor = Math.max(this.#cursor, event.offset)
    if (replayed && --this.#replayLeft === 0) this.#endReplay()
    return fresh ? 'deliver' : 'duplicate'
  }

  #endReplay(): void {
    this.#cursor = Math.max(this.#cursor, this.#replayEndOffset)
    this.#raiseAll(this.#replayEndOffset)
  }

  #raiseAll(offset: number): void {
    for (const channel of [NAMESPACE, USER, ...this.#rooms]) {
      this.#lastOffsets.set(channel, Math.max(offset, this.#lastOffsets.get(channel) ?? 0))
    }
  }

  #setRooms(rooms: readonly string[]): void {
    for (const room of this.rooms) if (!rooms.includes(room)) this.left(room)
    for (const room of rooms) this.#rooms.add(room)
  }
}

function channelOf({ channel, room, eventType }: EventEnvelope): string {
  if (channel === 'user') return USER
  if (room !== undefined) return room
  // Servers up to 0.1.0 do not send `channel`. Their events to a user are recognized by type.
  return OF_USERS.includes(eventType) ? USER : NAMESPACE
}
