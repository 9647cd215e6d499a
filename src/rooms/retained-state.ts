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

/** How many states one transaction deletes. */
const BATCH_MAX = 100

/** The key in the store of a channel's retained state, which is JSON. */
export function stateKey(channel: Channel): string {
  return STATE_PREFIX + channel
}

/** The newest retained state as JSON: of the last of these later events that retains one, otherwise the one that was read. */
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

/**
 * Reads the state as JSON text, because nobody on its way to a client needs the value. Resolves to null if nothing is retained.
 */
export async function readStoredState(store: Store, channel: Channel): Promise<Uint8Array | null> {
  const [record] = await store.get([stateKey(channel)])
  return record?.value ?? null
}

/** Resolves to null if nothing is retained. */
export async function readState(store: Store, channel: Channel): Promise<JsonValue> {
  const [record] = await store.get([stateKey(channel)])
  return record ? (decodeRecord(record) as JsonValue) : null
}

/**
 * Shares of RETAINED_BYTES. Above the first, states of empty rooms are deleted before their time, until the total is down to the
 * second.
 */
const FULL_AT = 0.9
const FULL_TO = 0.8

export interface StateSweepOptions extends StateBudgetOptions {
  readonly store: Store
  readonly clock: Clock
  readonly keepMs: number
  /** Whether the room exists. If so, its state stays. */
  readonly isThere: (room: RoomId) => boolean
}

/**
 * Deletes the retained state of a room that a join had created, once it has been empty for so long that nobody who was in it can
 * resume. Otherwise every room that ever existed would leave its state on the disk. If all states together take too much space,
 * those of the rooms that have been empty for longest are deleted earlier.
 */
export class StateSweep {
  readonly budget: StateBudget
  readonly #options: StateSweepOptions
  /** Rooms that are gone and have a state, with the monotonic time at which they became empty. Oldest first. */
  readonly #empty = new Map<Channel, number>()
  #isSweeping = false

  constructor(options: StateSweepOptions) {
    this.budget = new StateBudget(options)
    this.#options = options
  }

  /** How many empty rooms have a state that will be deleted. */
  get emptyRooms(): number {
    return this.#empty.size
  }

  /** Notes the states that were stored before this process started. */
  async load(): Promise<void> {
    for await (const { key, value } of listAll(this.#options.store, STATE_PREFIX)) {
      this.noteRetained(key.slice(STATE_PREFIX.length) as Channel, value.length)
    }
  }

  /** The channel has a state. Any node may have stored it. */
  noteRetained(channel: Channel, bytes: number): void {
    if (!this.budget.has(channel)) this.budget.note(channel, bytes)
    const room = roomOf(channel)
    if (room !== undefined && !this.#options.isThere(room)) this.#noteEmpty(channel)
  }

  /** The room is gone. Most rooms have no state; nothing is remembered of those. */
  noteGone(room: RoomId, namespace: Namespace): void {
    const channel = roomChannel(namespace, room)
    if (this.budget.has(channel)) this.#noteEmpty(channel)
  }

  noteMade(room: RoomId, namespace: Namespace): void {
    this.#empty.delete(roomChannel(namespace, room))
  }

  /** The state was deleted together with its room. */
  noteDeleted(room: RoomId, namespace: Namespace): void {
    const channel = roomChannel(namespace, room)
    this.#empty.delete(channel)
    this.budget.forget(channel)
  }

  /**
   * Deletes all states that are due, in batches. Call this from time to time. If the store throws, this throws, too, and the
   * states of that batch stay due.
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

  /** Returns false if the batch has to be tried again later. */
  async #letGo(due: readonly Channel[]): Promise<boolean> {
    const { store } = this.#options
    const stored = await store.get(due.map(stateKey))
    const old = stored.filter(
      (record, i) => record !== undefined && this.#empty.has(due[i] as Channel),
    ) as StoredRecord[]
    if (old.length > 0) {
      const deletes = old.map(({ key }) => key)
      const { committed } = await store.commit({ guards: old, deletes, durable: true })
      // Another node has deleted some of them, or a state was retained anew. The rest waits for the next sweep.
      if (!committed) return false
    }
    for (const channel of due) {
      // If a state was retained anew meanwhile, its room exists again, and is not in `#empty`.
      if (this.#empty.delete(channel)) this.budget.forget(channel)
    }
    return true
  }
}
