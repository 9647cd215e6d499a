import type { RoomDefinition } from '../domain/room.ts'
import { ownCopy } from '../base/own-copy.ts'
import { Refusal } from '../protocol/errors.ts'
import { roomChannel, type Channel, type Namespace, type RoomId, type UserId } from '../protocol/ids.ts'
import { UserCounts } from '../connections/user-counts.ts'
import { decodeRecord } from '../store/json-records.ts'
import { listAll } from '../store/list-all.ts'
import type { Store } from '../store/store.ts'
import { Room, ROOM_PREFIX } from './room.ts'

export interface DirectoryOptions {
  /** Namespaces in which joining a room that does not exist makes it. */
  readonly autoCreateIn: ReadonlySet<Namespace>
  readonly capacity: number
  /** A room is there that was not. */
  readonly onMade: (room: RoomDefinition) => void
  /** A room that was made by joining it is empty and gone, or the game of one has ended. What it retained is still there. */
  readonly onGone: (room: RoomDefinition) => void
  /** A room was deleted, with what it retained. */
  readonly onRemoved: (room: RoomDefinition) => void
}

/** The rooms that there are, by their ids: an id is unique over all namespaces. Their members are counted on whatever node they are. */
export class Directory {
  readonly #options: DirectoryOptions
  readonly #rooms = new Map<RoomId, Room>()
  /** Of the rooms whose broadcasts are `latest` where they do not say. */
  readonly #latest = new Set<Channel>()

  constructor(options: DirectoryOptions) {
    this.#options = options
  }

  /** Defines the rooms that REST made before this process started. */
  async load(store: Store): Promise<void> {
    for await (const record of listAll(store, ROOM_PREFIX)) this.define(decodeRecord(record) as RoomDefinition)
  }

  /** Throws CONFLICT where a room with that id stands in another namespace. */
  requireNamespace({ room_id, namespace }: RoomDefinition): void {
    const existing = this.#rooms.get(room_id)
    if (!existing || existing.definition.namespace === namespace) return
    throw new Refusal('CONFLICT', `the room "${room_id}" stands in another namespace`)
  }

  /** A room that stays. Its members, where it has any already, stay in it. Throws CONFLICT as `requireNamespace`. */
  define(definition: RoomDefinition): void {
    this.requireNamespace(definition)
    const { room_id, namespace, delivery } = definition
    const existing = this.#rooms.get(room_id)
    const members = existing?.members ?? new UserCounts()
    this.#rooms.set(room_id, new Room(definition, { isKept: true, members }))
    const channel = roomChannel(namespace, room_id)
    if (delivery === 'latest') this.#latest.add(channel)
    else this.#latest.delete(channel)
    if (!existing) this.#options.onMade(definition)
  }

  has(id: RoomId): boolean {
    return this.#rooms.has(id)
  }

  /** The room's definition and its members (users). */
  get(id: RoomId): (RoomDefinition & { readonly members: number }) | undefined {
    const room = this.#rooms.get(id)
    return room && { ...room.definition, members: room.members.size }
  }

  /** Whether broadcasts of this channel are of the class `latest` where they do not say. */
  isLatest(channel: Channel): boolean {
    return this.#latest.has(channel)
  }

  get size(): number {
    return this.#rooms.size
  }

  ids(): readonly RoomId[] {
    return [...this.#rooms.keys()].sort()
  }

  membersOf(id: RoomId): UserCounts {
    return this.#rooms.get(id)?.members ?? new UserCounts()
  }

  /**
   * One more connection of the user. Throws ROOM_NOT_FOUND, ROOM_FULL. `first`: the user was not in it before; `room`: its name for the
   * member to keep, the same string for all of them.
   */
  join(id: RoomId, namespace: Namespace, user: UserId): { readonly first: boolean; readonly room: RoomId } {
    const room = this.#find(id, namespace)
    room.requirePlaceFor(user)
    return { first: room.members.add(user) === 1, room: room.definition.room_id }
  }

  /** A connection of another node is in it. It was let in there. */
  joined(id: RoomId, namespace: Namespace, user: UserId): void {
    const room = this.#rooms.get(id) ?? this.#make(id, namespace)
    room.members.add(user)
  }

  /** One connection less. `last`: the user is in it no more. */
  leave(id: RoomId, user: UserId): { readonly last: boolean } {
    const room = this.#rooms.get(id)
    if (!room?.members.has(user)) return { last: false }
    const left = room.members.remove(user)
    if (room.members.size === 0 && !room.isKept) {
      this.#rooms.delete(id)
      this.#options.onGone(room.definition)
    }
    return { last: left === 0 }
  }

  /** It was deleted: forgets it. Make its members leave first (`Members.empty`); this function does not. */
  remove(id: RoomId): void {
    const definition = this.#forget(id)
    if (definition) this.#options.onRemoved(definition)
  }

  /** Its game has ended: forgets it, as `remove` does. */
  ended(id: RoomId): void {
    const definition = this.#forget(id)
    if (definition) this.#options.onGone(definition)
  }

  #forget(id: RoomId): RoomDefinition | undefined {
    const room = this.#rooms.get(id)
    if (!room) return undefined
    this.#rooms.delete(id)
    this.#latest.delete(roomChannel(room.definition.namespace, id))
    return room.definition
  }

  #find(id: RoomId, namespace: Namespace): Room {
    const room = this.#rooms.get(id)
    if (room?.definition.namespace === namespace) return room
    if (room || !this.#options.autoCreateIn.has(namespace)) {
      throw new Refusal('ROOM_NOT_FOUND', `no room "${id}" in ${namespace}`)
    }
    return this.#make(id, namespace)
  }

  #make(id: RoomId, namespace: Namespace): Room {
    const definition = {
      room_id: ownCopy(id),
      namespace,
      capacity: this.#options.capacity,
      delivery: 'must',
      game: null,
    } as const
    const made = new Room(definition, { isKept: false, members: new UserCounts() })
    this.#rooms.set(definition.room_id, made)
    this.#options.onMade(definition)
    return made
  }
}
