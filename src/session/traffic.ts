import type { EventType } from '../protocol/events.ts'

/** Counts what passes over all connections of a worker. Plain numbers, because this is done for each frame. */
export interface Traffic {
  /** The bytes of frames, as `sentBytes`. */
  receivedBytes: number
  sentBytes: number
  readonly requests: Map<EventType, number>
}
