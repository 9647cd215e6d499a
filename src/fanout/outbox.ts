import { frameFront, type Place } from '../protocol/frame-front.ts'
import type { Channel } from '../protocol/ids.ts'
import type { PlacedEvent } from '../protocol/placed-event.ts'

/** An event on its way to members that read too slowly. */
export interface LateEvent extends Place {
  readonly channel: Channel
  /** See `EventHead`. */
  readonly kind: number
  readonly flags: number
  /** How many characters at the beginning of the text are the frame's front. */
  readonly frontLength: number
  /**
   * The frame as JSON, with one character for each byte of its UTF-8. A string lies in V8's heap, whose pages go back to the
   * system when it is freed; the allocator would keep the memory of buffers of this size.
   */
  readonly text: string
  /** A newer event with the same key replaces this one. Undefined if this event must be delivered. */
  readonly key: string | undefined
}

/** Copies the frame, because it may wait for long and is a part of a larger buffer. */
export function toLateEvent(event: PlacedEvent): LateEvent {
  const { channel, offset, prev, kind, flags, frontLength, frame, latestKey } = event
  const text = Buffer.from(frame.buffer, frame.byteOffset, frame.length).toString('latin1')
  const key = latestKey === undefined ? undefined : `${channel}\n${latestKey}`
  return { channel, offset, prev, kind, flags, frontLength, text, key }
}

/** An event that waited, and the frame to send for it. */
export interface TakenEvent {
  readonly event: LateEvent
  /** JSON, in UTF-8. */
  readonly frame: Uint8Array
}

/** How many events of a channel came and were sent. */
interface Progress {
  seen: number
  /** The value of `seen` for the event that was sent last. */
  sent: number
  /** The offset of the event that was sent last. */
  offset: number
}

interface Waiting extends LateEvent {
  /** The number of the event within its channel. */
  readonly number: number
}

/**
 * Events that wait for one client, in order. A newer event of the class `latest` replaces the one with its key, and goes to the
 * end. The next event of the channel that is sent tells how many were skipped.
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

  /** Returns how many events it replaced: 0 or 1. */
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

  /** Drops the waiting events of a channel that the client has left. */
  drop(channel: Channel): void {
    for (const [slot, event] of this.#waiting) {
      if (event.channel !== channel) continue
      this.#waiting.delete(slot)
      this.#bytes -= event.text.length
    }
    this.#channels.delete(channel)
  }

  /** Removes and returns the next event. Returns undefined if none waits. */
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
