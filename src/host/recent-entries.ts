import { decodeTick } from '../games/journal.ts'
import type { RoomEntry } from '../link/methods/room-inspection.ts'
import type { ErrorBody } from '../protocol/errors.ts'
import { ByteRing, type ItemPlace } from './byte-ring.ts'
import { factsOf } from './entry-facts.ts'

/** The time and tick of an item. Each item of the ring begins with them. */
interface When {
  readonly atMs: number
  readonly tick: number
}

/** Why an entry was not done, and its place in its tick. */
type Fault = readonly [place: number, error: ErrorBody]

interface Refused {
  readonly user: string
  readonly name: string
  readonly error: ErrorBody
}

/** `atMs`, `tick`, the number of the first entry, and the length of the record. The record and then the text follow. */
const HEAD_BYTES = 8 + 4 + 8 + 4
const NO_RECORD = new Uint8Array()

/**
 * Keeps the latest entries of a room and what became of them, for operators. The records of the journal are kept as they are and
 * are parsed only when somebody looks, so an entry that was done costs nothing more.
 */
export class RecentEntries {
  readonly #ring: ByteRing
  #last = 0

  /** @param bytes how much is kept; 0 keeps nothing */
  constructor(bytes: number) {
    this.#ring = new ByteRing(bytes)
  }

  /**
   * Keeps the entries of a tick that has run.
   * @param count how many entries the record has
   * @param errorAt returns the error of the entry at that place, or undefined if the entry was done
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

  /** Keeps an input that was refused before it could enter a tick. `when` has the latest tick of the room. */
  refused(refused: Refused, when: When): void {
    this.#keep(when, NO_RECORD, JSON.stringify(refused))
    this.#last++
  }

  /** Returns at most `limit` entries, the newest first. */
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
    // A record that is larger than the ring is left out, which leaves a gap in the numbers.
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
    // Copies, because a decoded value may be a view of the bytes that it was decoded from.
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
