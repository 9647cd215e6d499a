import { decodeMsgpack, encodeMsgpack } from '../../protocol/msgpack.ts'
import { decodeRecords, encodeRecords } from '../log-codec.ts'
import type { LogRecord } from '../store.ts'

/** What a transaction leaves in its lane: the batch of the log, and by what it is known again. */
export interface LaneEntry {
  /** Of the transaction; unique within a node. */
  readonly id: number
  readonly committedAtMs: number
  /** What the whole transaction added to etcd's history, about. */
  readonly bytes: number
  readonly records: readonly LogRecord[]
}

/** msgpack: [id, committedAtMs, bytes, channel, body, channel, body, …] */
export function encodeLane({ id, committedAtMs, bytes, records }: LaneEntry): Uint8Array {
  return encodeMsgpack([id, committedAtMs, bytes, ...encodeRecords(records)])
}

export function decodeLane(value: Uint8Array): LaneEntry {
  const [id, committedAtMs, bytes, ...flat] = decodeMsgpack(value) as [number, number, number, ...unknown[]]
  return { id, committedAtMs, bytes, records: decodeRecords(flat) }
}
