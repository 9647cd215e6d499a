import { decodeTick } from '../games/journal.ts'
import type { RoomEntry } from '../link/methods/room-inspection.ts'
import type { ErrorBody } from '../protocol/errors.ts'
import { ByteRing, type ItemPlace } from './byte-ring.ts'
import { factsOf } from './entry-facts.ts'

/** Where and when something was: an item of the ring begins with it. */
interface When {
  readonly atMs: number
  readonly tick: number
}

/** What became of an entry that was not done: its place in its tick, and why. */
type Fault = readonly [place: number, error: ErrorBody]

interface Refused {
  readonly user: string
  readonly name: string
  readonly error: ErrorBody
}

/** `atMs`, `tick`, the number of the first entry, and the length of the record: the text stands behind that. */
const HEAD_BYTES = 8 + 4 + 8 + 4
const NO_RECORD = new Uint8Array()

/**
 * What entered a room last, and what became of it: for those who run the server. The records of the journal are kept as they are and read when
 * somebody looks, so nothing is made of an entry that was done.
 */
export class RecentEntries {
  readonly #ring: ByteRing
  #last = 0

  /** @param bytes how much is kept; 0: nothing */
  constructor(bytes: number) {
    this.#ring = new ByteRing(bytes)
  }

  /**
   * A tick has run.
   * @param count entries in its record
   * @param errorAt what is said of the entry at that place; undefined: it was done
   */
  ticked(
    { record, count, ...when }: When & { readonly record: Uint8Array; readonly count: number },
    errorAt: (place: number) => ErrorBody | undefined,
  ): void {
    if (count === 0) return
    let faults: Fault[] | undefined
    for (let place = 0; place < count; place++) {
      const error = errorAt(place)
      if (error) (faults ??= []).push([place, error])
    }
    this.#keep(when, record, faults ? JSON.stringify(faults) : '')
    this.#last += count
  }

  /** An input was refused before it could enter: the tick is the last one of the room by then. */
  refused(refused: Refused, when: When): void {
    this.#keep(when, NO_RECORD, JSON.stringify(refused))
    this.#last++
  }

  /** The newest first, so many at most. */
  newest(limit: number): readonly RoomEntry[] {
    const found: RoomEntry[] = []
    for (const place of this.#ring.items().toReversed()) {
      if (found.length >= limit) break
      found.push(...this.#read(place).toReversed())
    }
    return found.slice(0, limit)
  }

  #keep({ atMs, tick }: When, record: Uint8Array, text: string): void {
    const ring = this.#ring
    const words = text === '' ? NO_RECORD : Buffer.from(text)
    // One that is larger than the ring is left out, and leaves a gap in the numbers.
    const at = ring.add(HEAD_BYTES + record.length + words.length)
    if (at === undefined) return
    const { view } = ring
    view.setFloat64(at, atMs)
    view.setUint32(at + 8, tick)
    view.setFloat64(at + 12, this.#last + 1)
    view.setUint32(at + 20, record.length)
    const bytes = new Uint8Array(view.buffer)
    bytes.set(record, at + HEAD_BYTES)
    bytes.set(words, at + HEAD_BYTES + record.length)
  }

  #read({ at, bytes }: ItemPlace): readonly RoomEntry[] {
    const { view } = this.#ring
    const when = { atMs: view.getFloat64(at), tick: view.getUint32(at + 8) }
    const number = view.getFloat64(at + 12)
    const length = view.getUint32(at + 20)
    // Copies: what is decoded may be a view of what it was decoded from.
    const record = new Uint8Array(view.buffer, at + HEAD_BYTES, length).slice()
    const text = Buffer.from(view.buffer, at + HEAD_BYTES + length, bytes - HEAD_BYTES - length).toString()
    if (length === 0) {
      const { user, name, error } = JSON.parse(text) as Refused
      return [{ number, ...when, kind: 'input', user, name, data: null, error }]
    }
    const faults = new Map(text === '' ? [] : (JSON.parse(text) as readonly Fault[]))
    return decodeTick(record).entries.map((entry, place) => {
      return { number: number + place, ...when, ...factsOf(entry), error: faults.get(place) ?? null }
    })
  }
}
