import { parseJson } from './codec.ts'
import { isObject } from './envelope.ts'
import { LATEST, NOT_RETAINED, TRACED, typeOfKind } from './event-head.ts'
import type { Place } from './frame-front.ts'
import type { Channel } from './ids.ts'

/**
 * An event with its place in the log, packed into bytes: u8 kind, u8 flags, u8 length of the frame's front, u8 length of the id,
 * u16 length of the key (little-endian); id and key in UTF-8; the frame. `hub/pack-event.ts` writes it.
 */
export const PACKED = { kind: 0, flags: 1, frontLength: 2, idLength: 3, keyLength: 4, id: 6 } as const

const utf8 = new TextDecoder()

/** An event of the log with its offset. It is a view of bytes that many events share, both in the hub and on the link. */
export class PlacedEvent {
  readonly channel: Channel
  readonly offset: number
  readonly prev: number
  readonly #source: Uint8Array
  readonly #start: number
  readonly #end: number

  /** @param source holds the packed event from `start` to `end` */
  constructor(channel: Channel, place: Place, source: Uint8Array, start: number, end: number) {
    this.channel = channel
    this.offset = place.offset
    this.prev = place.prev
    this.#source = source
    this.#start = start
    this.#end = end
  }

  get length(): number {
    return this.#end - this.#start
  }

  get bytes(): Uint8Array {
    return this.#view(this.#start, this.#end)
  }

  /** The envelope as UTF-8 of a JSON object, as members with the JSON encoding get it. Each call makes a new view. */
  get frame(): Uint8Array {
    return this.#view(this.#keyAt + this.#keyLength, this.#end)
  }

  get kind(): number {
    return this.#byte(PACKED.kind)
  }

  get flags(): number {
    return this.#byte(PACKED.flags)
  }

  get isTraced(): boolean {
    return (this.flags & TRACED) !== 0
  }

  /** If false, the event does not change its channel's state. */
  get mayBeRetained(): boolean {
    return (this.flags & NOT_RETAINED) === 0
  }

  /** How many bytes of the frame are its front: see `frameFront`. */
  get frontLength(): number {
    return this.#byte(PACKED.frontLength)
  }

  /** See `EventHead`. */
  get id(): string | null {
    const length = this.#byte(PACKED.idLength)
    return length === 0 ? null : this.#text(PACKED.id, length)
  }

  /** Events with the same key replace each other for slow readers. Returns undefined if this event has to be delivered. */
  get latestKey(): string | undefined {
    return (this.flags & LATEST) === 0 ? undefined : this.#text(this.#keyAt - this.#start, this.#keyLength)
  }

  get #keyAt(): number {
    return this.#start + PACKED.id + this.#byte(PACKED.idLength)
  }

  get #keyLength(): number {
    return this.#byte(PACKED.keyLength) + 256 * this.#byte(PACKED.keyLength + 1)
  }

  #byte(at: number): number {
    return this.#source[this.#start + at] ?? 0
  }

  #text(at: number, length: number): string {
    const start = this.#start + at
    return utf8.decode(this.#view(start, start + length))
  }

  #view(start: number, end: number): Uint8Array {
    // This is cheaper than `subarray` of a Buffer.
    return new Uint8Array(this.#source.buffer, this.#source.byteOffset + start, end - start)
  }
}

/** The type of an event. The frame is read only if a newer version made the event, and its number is not known here. */
export function eventTypeOf(kind: number, frame: Uint8Array): string {
  const known = typeOfKind(kind)
  if (known !== undefined) return known
  const event = parseJson(frame)
  return isObject(event) && typeof event['eventType'] === 'string' ? event['eventType'] : ''
}
