import type { Clock } from '../base/clock.ts'
import { parseJson } from '../protocol/codec.ts'
import type { JsonValue } from '../protocol/events.ts'
import { roomChannel, roomOf, type Channel, type Namespace, type RoomId } from '../protocol/ids.ts'
import type { PlacedEvent } from '../protocol/placed-event.ts'
import { decodeRecord, encodeRecord } from '../store/json-records.ts'
import { listAll } from '../store/list-all.ts'
import type { Store, StoredRecord } from '../store/store.ts'
import { StateBudget, type StateBudgetOptions } from './state-budget.ts'

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

/** Of RETAINED_BYTES: from the first on the states of empty rooms go before their time, down to the second. */
const FULL_AT = 0.9
const FULL_TO = 0.8

export interface StateSweepOptions extends StateBudgetOptions {
  readonly store: Store
  readonly clock: Clock
  readonly keepMs: number
  /** Whether the room is there: then its state stays. */
  readonly isThere: (room: RoomId) => boolean
}

/**
 * Lets the retained state of a room go when the room, made by joining it, has been empty for so long that nobody who was in it
 * can resume. Else every room that ever was would leave its state on the disk. Where all states together take too much, those
 * of the rooms that have been empty for longest go before.
 */
export class StateSweep {
  readonly budget: StateBudget
  readonly #options: StateSweepOptions
  /** Rooms that have a state. Since when, monotonic; oldest first. */
  readonly #empty = new Map<Channel, number>()
  #isSweeping = false

  constructor(options: StateSweepOptions) {
    this.budget = new StateBudget(options)
    this.#options = options
  }

  /** Empty rooms whose state is to go. */
  get emptyRooms(): number {
    return this.#empty.size
  }

  /** Notes the states that were there before this process started. */
  async load(): Promise<void> {
    for await (const { key, value } of listAll(this.#options.store, STATE_PREFIX)) {
      this.noteRetained(key.slice(STATE_PREFIX.length) as Channel, value.length)
    }
  }

  /** The channel has a state, whoever has put it, on whatever node. */
  noteRetained(channel: Channel, bytes: number): void {
    if (!this.budget.has(channel)) this.budget.note(channel, bytes)
    const room = roomOf(channel)
    if (room !== undefined && !this.#options.isThere(room)) this.#noteEmpty(channel)
  }

  /** The room is there no more. Most rooms have no state, and nothing is kept of them. */
  noteGone(room: RoomId, namespace: Namespace): void {
    const channel = roomChannel(namespace, room)
    if (this.budget.has(channel)) this.#noteEmpty(channel)
  }

  noteMade(room: RoomId, namespace: Namespace): void {
    this.#empty.delete(roomChannel(namespace, room))
  }

  /** The state was deleted with its room. */
  noteDeleted(room: RoomId, namespace: Namespace): void {
    const channel = roomChannel(namespace, room)
    this.#empty.delete(channel)
    this.budget.forget(channel)
  }

  /**
   * Lets go of all that is to go, in parts. To be called now and then. Throws what the store throws; then nothing of that part
   * is forgotten.
   */
  async sweep(): Promise<void> {
    if (this.#isSweeping) return
    this.#isSweeping = true
    try {
      const { bytesMax } = this.#options
      let isTight = this.budget.bytes > bytesMax * FULL_AT
      for (let due = this.#due(isTight); due.length > 0; due = this.#due(isTight)) {
        if (!(await this.#letGo(due))) return
        isTight &&= this.budget.bytes > bytesMax * FULL_TO
      }
    } finally {
      this.#isSweeping = false
    }
  }

  #noteEmpty(channel: Channel): void {
    this.#empty.delete(channel)
    this.#empty.set(channel, this.#options.clock.nowMs())
  }

  #due(isTight: boolean): readonly Channel[] {
    const { clock, keepMs } = this.#options
    const untilMs = isTight ? Infinity : clock.nowMs() - keepMs
    const due: Channel[] = []
    for (const [channel, sinceMs] of this.#empty) {
      if (sinceMs > untilMs || due.length === BATCH_MAX) break
      due.push(channel)
    }
    return due
  }

  /** Returns false if it has to be tried another time. */
  async #letGo(due: readonly Channel[]): Promise<boolean> {
    const { store } = this.#options
    const stored = await store.get(due.map(stateKey))
    const old = stored.filter(
      (record, i) => record !== undefined && this.#empty.has(due[i] as Channel),
    ) as StoredRecord[]
    if (old.length > 0) {
      const deletes = old.map(({ key }) => key)
      const { committed } = await store.commit({ guards: old, deletes, durable: true })
      // Another node has swept some of them, or somebody has retained something anew: the rest waits for the next time.
      if (!committed) return false
    }
    for (const channel of due) {
      // One that was retained anew meanwhile belongs to a room that is there again.
      if (this.#empty.delete(channel)) this.budget.forget(channel)
    }
    return true
  }
}
