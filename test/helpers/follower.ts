import type { LogBatch, LogFollower } from '../../src/store/store.ts'

/** A follower of the log that uses only the batches. */
export function toFollower(onBatch: (batch: LogBatch) => void): LogFollower {
  return { onStart: () => {}, onBatch, onProgress: () => {} }
}
