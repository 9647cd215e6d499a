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
  /** Namespaces in which a join creates the room if it does not exist. */
  readonly autoCreateIn: ReadonlySet<Namespace>
  readonly capacity: number
  /** A room was created. */
  readonly onMade: (room: RoomDefinition) => void
  /** A room that a join had created is empty and gone, or a room's game has ended. Its retained state still exists. */
  readonly onGone: (room: RoomDefinition) => void
  /** A room was deleted together with its retained state. */
  readonly onRemoved: (room: RoomDefinition) => void
}

/** All rooms by id, with their members on all nodes. An id is unique across all namespaces. */
export class Directory {
  readonly #options: DirectoryOptions
  readonly #rooms = new Map<RoomId, Room>()
  /** The channels of rooms whose broadcasts are `latest` by default. */
  readonly #latest = new Set<Channel>()

  constructor(options: DirectoryOptions) {
    this.#options = options
  }

  /** Defines the rooms that REST had made before this process started. */
  async load(store: Store): Promise<void> {
    for await (const record of listAll(store, ROOM_PREFIX)) this.define(decodeRecord(record) as RoomDefinition)
  }

  /** Throws CONFLICT if a room with that id is in another namespace. */
  requireNamespace({ room_id, namespace }: RoomDefinition): void {
    const existing = this.#rooms.get(room_id)
    if (!existing || existing.definition.namespace === namespace) return
    throw new Refusal('CONFLICT', `the room "${room_id}" is in another namespace`)
  }

  /**
   * Adds a room that stays when it is empty. If it exists, its members stay in it. Throws CONFLICT as `requireNamespace` does.
   */
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

  /** Returns the room's definition, and how many users are in it. */
  get(id: RoomId): (RoomDefinition & { readonly members: number }) | undefined {
    const room = this.#rooms.get(id)
    return room && { ...room.definition, members: room.members.size }
  }

  /** Whether broadcasts of this channel are `latest` by default. */
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

  /** The newest announcement of the room counts so many members. */
  noteAnnounced(id: RoomId, members: number): void {
    const room = this.#rooms.get(id)
    if (room) room.announced = members
  }

  /** Whether the newest announcement of the room counts other members than there are. */
  isAnnouncedWrong(id: RoomId): boolean {
    const room = this.#rooms.get(id)
    return room?.announced !== undefined && room.announced !== room.members.size
  }

  /**
   * Adds a connection of the user. Throws ROOM_NOT_FOUND, ROOM_FULL. `first`: the user was not in the room before. `room`: the id
   * for the member to keep, so that all members share one string.
   */
  join(id: RoomId, namespace: Namespace, user: UserId): { readonly first: boolean; readonly room: RoomId } {
    const room = this.#find(id, namespace)
    room.requirePlaceFor(user)
    return { first: room.members.add(user) === 1, room: room.definition.room_id }
  }

  /** A connection of another node is in the room. That node has already checked that it may. */
  joined(id: RoomId, namespace: Namespace, user: UserId): void {
    const room = this.#rooms.get(id) ?? this.#make(id, namespace)
    room.members.add(user)
  }

  /** Removes a connection of the user. `last`: the user is no longer in the room. */
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

  /** Forgets a room that was deleted. Make its members leave first (`Members.empty`); this function does not. */
  remove(id: RoomId): void {
    const definition = this.#forget(id)
    if (definition) this.#options.onRemoved(definition)
  }

  /** Forgets a room whose game has ended, as `remove` does. */
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
