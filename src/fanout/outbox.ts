import { parseJson } from '../protocol/codec.ts'
import { isObject } from '../protocol/envelope.ts'
import { readFrameHead, skipFrame } from '../protocol/frame-head.ts'
import { EVENT } from '../protocol/events.ts'
import type { Channel } from '../protocol/ids.ts'

/** An event on its way to those who read too slowly. */
export interface LateEvent {
  readonly channel: Channel
  readonly offset: number
  readonly prev: number
  /**
   * As JSON, a character for each byte of its UTF-8: so it lies in V8's heap, whose pages go back to the system when it is gone.
   * What buffers of this size had the allocator keeps.
   */
  readonly text: string
  /** What a newer event takes the place of; undefined: it has to be delivered. */
  readonly key: string | undefined
}

/** Copies the frame: it may wait for long, and is a part of something larger. */
export function toLateEvent(channel: Channel, frame: Uint8Array): LateEvent {
  const { offset, prev } = readFrameHead(frame)
  const text = Buffer.from(frame.buffer, frame.byteOffset, frame.length).toString('latin1')
  return { channel, offset, prev, text, key: latestKey(channel, frame) }
}

const MARK = Buffer.from('"delivery":"latest"')

function latestKey(channel: Channel, frame: Uint8Array): string | undefined {
  // Most events are not parsed. A message may contain the mark, too.
  if (!Buffer.from(frame.buffer, frame.byteOffset, frame.length).includes(MARK)) return undefined
  const event = parseJson(frame)
  if (!isObject(event) || event['eventType'] !== EVENT.broadcast || !isObject(event['payload'])) return undefined
  const { delivery = event['delivery'], key } = event['payload']
  if (delivery !== 'latest') return undefined
  return `${channel}\n${typeof key === 'string' ? `k${key}` : `u${String(event['userId'])}`}`
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

  /** The next frame, as JSON; undefined: there is none. */
  take(): Uint8Array | undefined {
    for (const [slot, event] of this.#waiting) {
      this.#waiting.delete(slot)
      this.#bytes -= event.text.length
      return this.#send(event)
    }
    return undefined
  }

  #send({ channel, offset, number, text }: Waiting): Uint8Array {
    const frame = Buffer.from(text, 'latin1')
    const progress = this.#channels.get(channel)
    if (!progress) return frame
    const skipped = number - progress.sent - 1
    const { offset: prev } = progress
    progress.sent = number
    progress.offset = offset
    return skipped === 0 ? frame : skipFrame(frame, prev, skipped)
  }
}
