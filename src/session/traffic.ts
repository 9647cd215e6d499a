import type { EventType } from '../protocol/events.ts'

/** What passes over all connections of a worker, counted where it does: in numbers of our own, as it is done for each frame. */
export interface Traffic {
  /** Bytes of frames. */
  receivedBytes: number
  sentBytes: number
  readonly requests: Map<EventType, number>
}
