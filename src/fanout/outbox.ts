import { frameFront, type Place } from '../protocol/frame-front.ts'
import type { Channel } from '../protocol/ids.ts'
import type { PlacedEvent } from '../protocol/placed-event.ts'

/** An event on its way to those who read too slowly. */
export interface LateEvent extends Place {
  readonly channel: Channel
  /** See `EventHead`. */
  readonly kind: number
  readonly flags: number
  /** So many characters of the text are its front. */
  readonly frontLength: number
  /**
   * The frame as JSON, a character for each byte of its UTF-8: so it lies in V8's heap, whose pages go back to the system when it is gone.
   * What buffers of this size had the allocator keeps.
   */
  readonly text: string
  /** What a newer event takes the place of; undefined: it has to be delivered. */
  readonly key: string | undefined
}

/** Copies the frame: it may wait for long, and is a part of something larger. */
export function toLateEvent(event: PlacedEvent): LateEvent {
  const { channel, offset, prev, kind, flags, frontLength, frame, latestKey } = event
  const text = Buffer.from(frame.buffer, frame.byteOffset, frame.length).toString('latin1')
  const key = latestKey === undefined ? undefined : `${channel}\n${latestKey}`
  return { channel, offset, prev, kind, flags, frontLength, text, key }
}

/** What is sent of an event that waited. */
export interface TakenEvent {
  readonly event: LateEvent
  /** As JSON. */
  readonly frame: Uint8Array
}

/** What was seen of a channel, and what was sent. */
interface Progress {
  seen: number
  /** How many were seen when the last one was sent. */
  sent: number
  offset: number
}

interface Waiting extends LateEvent {
  /** Its number in its channel. */
  readonly number: number
}

/**
 * What waits for one client, in order. A newer event of the class `latest` takes the place of the one with its key, at the
 * end; the next one of the channel that is sent tells how many were skipped.
 */
export class Outbox {
  readonly #waiting = new Map<string, Waiting>()
  readonly #channels = new Map<Channel, Progress>()
  #bytes = 0

  get bytes(): number {
    return this.#bytes
  }

  get isEmpty(): boolean {
    return this.#waiting.size === 0
  }

  /** Gives how many events it took the place of: 0 or 1. */
  add(event: LateEvent): number {
    let progress = this.#channels.get(event.channel)
    if (!progress) {
      progress = { seen: 0, sent: 0, offset: event.prev }
      this.#channels.set(event.channel, progress)
    }
    const slot = event.key ?? `${event.offset}`
    const older = this.#waiting.get(slot)
    if (older) {
      this.#waiting.delete(slot)
      this.#bytes -= older.text.length
    }
    this.#waiting.set(slot, { ...event, number: ++progress.seen })
    this.#bytes += event.text.length
    return older ? 1 : 0
  }

  /** Drops what waits of a channel that the client has left. */
  drop(channel: Channel): void {
    for (const [slot, event] of this.#waiting) {
      if (event.channel !== channel) continue
      this.#waiting.delete(slot)
      this.#bytes -= event.text.length
    }
    this.#channels.delete(channel)
  }

  /** Returns the next event, or undefined if none waits. */
  take(): TakenEvent | undefined {
    for (const [slot, event] of this.#waiting) {
      this.#waiting.delete(slot)
      this.#bytes -= event.text.length
      return { event, frame: this.#send(event) }
    }
    return undefined
  }

  #send(event: Waiting): Uint8Array {
    const { channel, offset, number, text, flags, frontLength } = event
    const progress = this.#channels.get(channel)
    if (!progress) return Buffer.from(text, 'latin1')
    const skipped = number - progress.sent - 1
    const { offset: prev } = progress
    progress.sent = number
    progress.offset = offset
    if (skipped === 0) return Buffer.from(text, 'latin1')
    return Buffer.from(frameFront({ offset, prev }, channel, flags, skipped) + text.slice(frontLength), 'latin1')
  }
}
