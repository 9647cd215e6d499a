import type { Channel } from '../protocol/ids.ts'
import { decodeMsgpack, encodeMsgpack } from '../protocol/msgpack.ts'
import type { LogRecord } from './store.ts'

/** One batch as it is stored, under the offset of its first record. */
export interface StoredBatch {
  readonly committedAtMs: number
  /** Outbox entries up to here stand in the log, this batch included. */
  readonly outboxSequence: number
  readonly records: readonly LogRecord[]
}

/** msgpack: [committedAtMs, outboxSequence, channel, body, channel, body, …] */
export function encodeBatch(batch: StoredBatch): Uint8Array {
  const flat: unknown[] = [batch.committedAtMs, batch.outboxSequence]
  for (const { channel, body } of batch.records) flat.push(channel, body)
  return encodeMsgpack(flat)
}

export function decodeBatch(bytes: Uint8Array): StoredBatch {
  const [committedAtMs, outboxSequence, ...flat] = decodeMsgpack(bytes) as [number, number, ...unknown[]]
  const records: LogRecord[] = []
  for (let i = 0; i < flat.length; i += 2) {
    records.push({ channel: flat[i] as Channel, body: flat[i + 1] as Uint8Array })
  }
  return { committedAtMs, outboxSequence, records }
}
