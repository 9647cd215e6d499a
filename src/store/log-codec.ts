import type { Channel } from '../protocol/ids.ts'
import { decodeMsgpack, encodeMsgpack } from '../protocol/msgpack.ts'
import type { LogRecord } from './store.ts'

/** One batch as the embedded store keeps it, under the offset of its first record. */
export interface StoredBatch {
  readonly committedAtMs: number
  /** Outbox entries up to here stand in the log, this batch included. */
  readonly outboxSequence: number
  readonly records: readonly LogRecord[]
}

/** msgpack: [committedAtMs, outboxSequence, channel, body, channel, body, …] */
export function encodeBatch(batch: StoredBatch): Uint8Array {
  return encodeMsgpack([batch.committedAtMs, batch.outboxSequence, ...encodeRecords(batch.records)])
}

export function decodeBatch(bytes: Uint8Array): StoredBatch {
  const [committedAtMs, outboxSequence, ...flat] = decodeMsgpack(bytes) as [number, number, ...unknown[]]
  return { committedAtMs, outboxSequence, records: decodeRecords(flat) }
}

/** [channel, body, channel, body, …] */
export function encodeRecords(records: readonly LogRecord[]): readonly unknown[] {
  const flat: unknown[] = []
  for (const { channel, body } of records) flat.push(channel, body)
  return flat
}

export function decodeRecords(flat: readonly unknown[]): LogRecord[] {
  const records: LogRecord[] = []
  for (let i = 0; i < flat.length; i += 2) {
    records.push({ channel: flat[i] as Channel, body: flat[i + 1] as Uint8Array })
  }
  return records
}
