/** Bytes of frames of all connections of a worker, counted where they pass: numbers, as it is done for each frame. */
export interface Traffic {
  receivedBytes: number
  sentBytes: number
}
