import type { Registry } from '../connections/registry.ts'
import type { RoomAt, RoomDefinition } from '../domain/room.ts'
import type { Hub } from '../hub/hub.ts'
import type { Idempotency } from '../idempotency/idempotency.ts'
import { recordKey } from '../idempotency/key.ts'
import type { RecordPut } from '../idempotency/record.ts'
import { Refusal } from '../protocol/errors.ts'
import type { JsonValue } from '../protocol/events.ts'
import { roomChannel, type Channel, type Namespace, type RoomId } from '../protocol/ids.ts'
import { toSortedPage, type Page, type PageArgs } from '../protocol/page.ts'
import type { PresencePage } from '../protocol/shapes/rooms.ts'
import { decodeRecord, encodeRecord } from '../store/json-records.ts'
import type { Guard, Store } from '../store/store.ts'
import { roomControl } from './control.ts'
import type { Announcements } from './announcements.ts'
import type { Directory } from './directory.ts'
import type { Members, ToldRoom } from './members.ts'
import { newestState, readState, readStoredState, stateKey } from './retained-state.ts'
import { roomKey, toRoomAt } from './room.ts'

export interface RoomServiceOptions {
  readonly store: Store
  readonly hub: Hub
  readonly registry: Registry
  readonly directory: Directory
  readonly members: Members
  readonly announcements: Announcements
  readonly idempotency: Idempotency
}

export interface Joined extends ToldRoom {
  /** The JSON text that `readStoredState` resolves to. */
  readonly state: Uint8Array | null
  /** The state is as of this offset. The hub delivers the room's events after it. */
  readonly offset: number
}

export interface RoomPut {
  readonly room: RoomDefinition
  /** Fail if the room exists. */
  readonly ifAbsent: boolean
  readonly idempotencyKey: string | null
}

/** A room that was read, and the stored records that it was read from. */
interface Read {
  readonly at: RoomAt
  readonly guards: readonly Guard[]
}

/** The operations on rooms that commands and the REST interface call. */
export class RoomService {
  readonly #options: RoomServiceOptions

  constructor(options: RoomServiceOptions) {
    this.#options = options
  }

  /**
   * Reads the room's state first. Resolves to a function that joins and makes the reply in one step, because what the hub
   * delivers after the join has to come after the reply. Rejects with UNAVAILABLE if the connection is gone.
   * @returns throws ROOM_NOT_FOUND, ROOM_FULL, UNAVAILABLE
   */
  async beginJoin(connectionId: string, room: RoomId): Promise<() => Joined> {
    const { store, hub, registry, members } = this.#options
    const channel = roomChannel(registry.require(connectionId).namespace, room)
    const readAt = hub.head
    const read = await readStoredState(store, channel)
    return () => {
      const joined = members.join(connectionId, room)
      // Includes what was retained after the state was read.
      const state = newestState(read, hub.since(readAt, channel))
      return { ...joined, state, offset: hub.head }
    }
  }

  /** Throws UNAVAILABLE if the connection is gone. */
  leave(connectionId: string, room: RoomId): void {
    this.#options.members.leave(connectionId, room)
  }

  /** The state that the channel retains, as of `offset`. It is null if nothing is retained. */
  async state(channel: Channel): Promise<{ readonly state: Uint8Array | null; readonly offset: number }> {
    const { store, hub } = this.#options
    const offset = hub.head
    return { state: await readStoredState(store, channel), offset }
  }

  /** The users in the room, or in the namespace if `room` is null. */
  users(namespace: Namespace, room: RoomId | null, page: PageArgs): PresencePage {
    const { registry, directory, announcements } = this.#options
    if (room === null) return registry.usersOf(namespace).page(page)
    announcements.told(room)
    return directory.membersOf(room).page(page)
  }

  list(page: PageArgs): Page<RoomDefinition & { readonly members: number }> {
    const { directory } = this.#options
    const { items: ids, next_cursor } = toSortedPage(directory.ids(), (id) => id, page)
    return { items: ids.map((id) => directory.get(id)).filter((room) => room !== undefined), next_cursor }
  }

  /** Rejects with ROOM_NOT_FOUND. */
  async get(id: RoomId): Promise<RoomAt> {
    return (await this.#read(id)).at
  }

  /**
   * Rejects with CONFLICT if the room is in another namespace, or if it exists and `ifAbsent` is set. Rejects with
   * IDEMPOTENCY_CONFLICT.
   */
  put({ room, ifAbsent, idempotencyKey }: RoomPut): Promise<RoomAt> {
    if (idempotencyKey === null) return this.#define(room, ifAbsent)
    return this.#options.idempotency.once<RoomAt, RoomAt>({
      key: recordKey('room', room.room_id, idempotencyKey),
      fingerprint: JSON.stringify(room),
      run: (keep) => this.#define(room, ifAbsent, keep),
      repeat: ({ answer }) => answer,
    })
  }

  /**
   * Deletes the room and its state, and makes its members leave. If a join had created it, a join can create it again. Rejects
   * with ROOM_NOT_FOUND. Rejects with CONFLICT if `ifTag` is not its tag: definition and state are guarded, members are compared
   * before.
   */
  async delete(id: RoomId, ifTag: string | null): Promise<null> {
    const { store, hub } = this.#options
    const { at, guards } = await this.#read(id)
    const changed = () => new Refusal('CONFLICT', 'the room was changed since it was read: read it again')
    if (ifTag !== null && at.tag !== ifTag) throw changed()
    const result = await store.commit({
      guards: ifTag === null ? [] : guards,
      deletes: guards.map(({ key }) => key),
      log: [roomControl({ kind: 'room-deleted', id })],
      durable: true,
    })
    if (!result.committed) throw changed()
    await hub.reached(result.offset)
    return null
  }

  /** @param keep makes the record of the answer, if the request has an idempotency key */
  async #define(room: RoomDefinition, ifAbsent: boolean, keep?: (answer: RoomAt) => RecordPut): Promise<RoomAt> {
    const { directory, store, hub } = this.#options
    if (ifAbsent && directory.get(room.room_id))
      throw new Refusal('CONFLICT', `the room "${room.room_id}" exists already`)
    directory.requireNamespace(room)
    const offset = hub.head
    const state = await readState(store, roomChannel(room.namespace, room.room_id))
    const members = directory.membersOf(room.room_id).size
    const answer = toRoomAt(room, { members, state, offset })
    const kept = keep === undefined ? [] : [keep(answer)]
    const absent = [...kept.map(({ key }) => key), ...(ifAbsent ? [roomKey(room.room_id)] : [])]
    const result = await store.commit({
      guards: absent.map((key) => ({ key, revision: 0 })),
      puts: [{ key: roomKey(room.room_id), value: encodeRecord(room) }, ...kept],
      log: [roomControl({ kind: 'room-defined', room })],
      durable: true,
    })
    if (!result.committed) throw new Refusal('CONFLICT', `the room "${room.room_id}" exists already`)
    await hub.reached(result.offset)
    return answer
  }

  async #read(id: RoomId): Promise<Read> {
    const { directory, store, hub } = this.#options
    const known = directory.get(id)
    if (!known) throw new Refusal('ROOM_NOT_FOUND', `no room "${id}"`)
    const { members: _, ...made } = known
    const offset = hub.head
    const keys = [roomKey(id), stateKey(roomChannel(known.namespace, id))]
    const [kept, state] = await store.get(keys)
    const definition = kept ? (decodeRecord(kept) as RoomDefinition) : made
    const members = directory.membersOf(id).size
    return {
      at: toRoomAt(definition, { members, state: state ? (decodeRecord(state) as JsonValue) : null, offset }),
      guards: keys.map((key, i) => ({ key, revision: [kept, state][i]?.revision ?? 0 })),
    }
  }
}
