import type { Namespace, RoomId } from '../protocol/ids.ts'

/** What stays of a room when nobody is in it; the body of the REST interface. */
export interface RoomDefinition {
  readonly room_id: RoomId
  readonly namespace: Namespace
  /** Members: users, however many connections they have. */
  readonly capacity: number
  /** null: rooms have no games yet. */
  readonly game: string | null
}
