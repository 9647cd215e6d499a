import { hash } from 'node:crypto'
import type { UserCounts } from '../connections/user-counts.ts'
import type { RoomAt, RoomDefinition } from '../domain/room.ts'
import { Refusal } from '../protocol/errors.ts'
import type { JsonValue } from '../protocol/events.ts'
import type { UserId } from '../protocol/ids.ts'

export const ROOM_PREFIX = 'room/'

/** The key in the store of the definition of a room that stays. */
export function roomKey(id: string): string {
  return `${ROOM_PREFIX}${id}`
}

/** A room, and its members on all nodes. */
export class Room {
  readonly definition: RoomDefinition
  /** REST has made the room, so it stays when it is empty. */
  readonly isKept: boolean
  readonly members: UserCounts
  /** The members that the newest announcement counts; undefined if there was none. Only in a cluster. */
  announced: number | undefined

  constructor(
    definition: RoomDefinition,
    { isKept, members }: { readonly isKept: boolean; readonly members: UserCounts },
  ) {
    this.definition = definition
    this.isKept = isKept
    this.members = members
  }

  /** Throws ROOM_FULL if the room has no place for one more user. A further connection of a member always has a place. */
  requirePlaceFor(user: UserId): void {
    const { capacity } = this.definition
    if (this.members.size < capacity || this.members.has(user)) return
    throw new Refusal('ROOM_FULL', `the room takes ${capacity} members`, { capacity })
  }
}

/** A room as REST reads it, with its tag. The tag does not cover the offset, which only says when the room was read. */
export function toRoomAt(
  definition: RoomDefinition,
  { offset, ...now }: { readonly members: number; readonly state: JsonValue; readonly offset: number },
): RoomAt {
  const content = { ...definition, ...now }
  return { room: { ...content, offset }, tag: hash('sha256', JSON.stringify(content), 'base64url') }
}
