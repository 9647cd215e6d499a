import { hash } from 'node:crypto'
import type { UserCounts } from '../connections/user-counts.ts'
import type { RoomAt, RoomDefinition } from '../domain/room.ts'
import { Refusal } from '../protocol/errors.ts'
import type { JsonValue } from '../protocol/events.ts'
import type { UserId } from '../protocol/ids.ts'

export const ROOM_PREFIX = 'room/'

/** Where the definition of a room that stays stands in the store. */
export function roomKey(id: string): string {
  return `${ROOM_PREFIX}${id}`
}

/** A room that is there, and its members on whatever node. */
export class Room {
  readonly definition: RoomDefinition
  /** Made by REST: stays when it is empty. */
  readonly isKept: boolean
  readonly members: UserCounts

  constructor(
    definition: RoomDefinition,
    { isKept, members }: { readonly isKept: boolean; readonly members: UserCounts },
  ) {
    this.definition = definition
    this.isKept = isKept
    this.members = members
  }

  /** Throws ROOM_FULL if the user would be one member too many. Another connection of a member always finds room. */
  requirePlaceFor(user: UserId): void {
    const { capacity } = this.definition
    if (this.members.size < capacity || this.members.has(user)) return
    throw new Refusal('ROOM_FULL', `the room takes ${capacity}`, { capacity })
  }
}

/** A room as it is read, with its tag. The offset says as of when it was read, and is not in the tag. */
export function toRoomAt(
  definition: RoomDefinition,
  { offset, ...now }: { readonly members: number; readonly state: JsonValue; readonly offset: number },
): RoomAt {
  const content = { ...definition, ...now }
  return { room: { ...content, offset }, tag: hash('sha256', JSON.stringify(content), 'base64url') }
}
