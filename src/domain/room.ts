import type { Namespace, RoomId } from '../protocol/ids.ts'
import type { DeliveryClass } from '../protocol/delivery.ts'
import type { JsonValue } from '../protocol/events.ts'

/** Members of one room at most. */
export const CAPACITY_MAX = 1_000_000

/** What stays of a room when nobody is in it; the body of the REST interface. */
export interface RoomDefinition {
  readonly room_id: RoomId
  readonly namespace: Namespace
  /** Members: users, however many connections they have. */
  readonly capacity: number
  /** What broadcasts in it are that do not say; a room that 0.1.0 stored has none, which is `must`. */
  readonly delivery?: DeliveryClass
  /** null: rooms have no games yet. */
  readonly game: string | null
}

/** A room as it is read, with what changes whenever anything of it but `offset` does. */
export interface RoomAt {
  readonly room: RoomDefinition & { readonly members: number; readonly state: JsonValue; readonly offset: number }
  readonly tag: string
}
