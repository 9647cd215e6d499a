import type { Clock } from '../base/clock.ts'
import { parseJson } from '../protocol/codec.ts'
import type { JsonValue } from '../protocol/events.ts'
import { roomChannel, type Channel, type Namespace, type RoomId } from '../protocol/ids.ts'
import type { PlacedEvent } from '../protocol/placed-event.ts'
import { decodeRecord, encodeRecord } from '../store/json-records.ts'
import { listAll } from '../store/list-all.ts'
import type { Store, StoredRecord } from '../store/store.ts'
import { StateBudget } from './state-budget.ts'
import type { Directory } from './directory.ts'

const STATE_PREFIX = 'state/'

/** Deleted in one transaction. */
const BATCH_MAX = 100

/** Where a channel's retained state stands in the store, as JSON. */
export function stateKey(channel: Channel): string {
  return STATE_PREFIX + channel
}

/** The state that was read from the store, or the newest that these later events of the channel retain; JSON. */
export function newestState(read: Uint8Array | null, later: readonly PlacedEvent[]): Uint8Array | null {
  let state = read
  for (const event of later) {
    if (!event.mayBeRetained) continue
    const { payload } = parseJson(event.frame) as {
      readonly payload?: { readonly retain?: unknown; readonly message?: JsonValue }
    }
    if (payload?.retain === true && payload.message !== undefined) state = encodeRecord(payload.message)
  }
  return state
}

/** JSON as it is stored: nobody on the way to a client looks into it. null: nothing was retained. */
export async function readStoredState(store: Store, channel: Channel): Promise<Uint8Array | null> {
  const [record] = await store.get([stateKey(channel)])
  return record?.value ?? null
}

/** null: nothing was retained. */
export async function readState(store: Store, channel: Channel): Promise<JsonValue> {
  const [record] = await store.get([stateKey(channel)])
  return record ? (decodeRecord(record) as JsonValue) : null
}

/**
 * Lets the retained state of a room go when the room, made by joining it, has been empty for so long that nobody who was
 * in it can resume. Else every room that ever was would leave its state on the disk.
 */
export class StateSweep {
  readonly budget: StateBudget
  readonly #store: Store
  readonly #clock: Clock
  readonly #keepMs: number
  /** Since when, monotonic; oldest first. */
  readonly #empty = new Map<Channel, number>()

  constructor(options: {
    readonly store: Store
    readonly clock: Clock
    readonly keepMs: number
    readonly bytesMax: number
  }) {
    this.budget = new StateBudget(options.bytesMax)
    this.#store = options.store
    this.#clock = options.clock
    this.#keepMs = options.keepMs
  }

  /** Notes the states that were there before this process started. */
  async load(directory: Directory): Promise<void> {
    const prefix = `${STATE_PREFIX}r/`
    for await (const { key, value } of listAll(this.#store, STATE_PREFIX)) {
      this.budget.note(key.slice(STATE_PREFIX.length) as Channel, value.length)
      if (!key.startsWith(prefix)) continue
      const [namespace, room] = key.slice(prefix.length).split('/')
      if (room !== undefined && !directory.get(room as RoomId)) this.noteEmpty(room as RoomId, namespace as Namespace)
    }
  }

  noteEmpty(room: RoomId, namespace: Namespace): void {
    const channel = roomChannel(namespace, room)
    this.#empty.delete(channel)
    this.#empty.set(channel, this.#clock.nowMs())
  }

  noteMade(room: RoomId, namespace: Namespace): void {
    this.#empty.delete(roomChannel(namespace, room))
  }

  /** To be called now and then. Throws what the store throws; then nothing is forgotten. */
  async sweep(): Promise<void> {
    const untilMs = this.#clock.nowMs() - this.#keepMs
    const due: Channel[] = []
    for (const [channel, sinceMs] of this.#empty) {
      if (sinceMs > untilMs || due.length === BATCH_MAX) break
      due.push(channel)
    }
    if (due.length === 0) return
    const stored = await this.#store.get(due.map(stateKey))
    const old = stored.filter(
      (record, i) => record !== undefined && this.#empty.has(due[i] as Channel),
    ) as StoredRecord[]
    if (old.length > 0) {
      const deletes = old.map(({ key }) => key)
      const { committed } = await this.#store.commit({ guards: old, deletes, durable: true })
      // Another node has swept some of them, or somebody has retained something anew: the rest waits for the next time.
      if (!committed) return
    }
    for (const channel of due) {
      // One that was retained anew meanwhile belongs to a room that is there again.
      if (this.#empty.delete(channel)) this.budget.forget(channel)
    }
  }
}
