import { decodeMsgpack, encodeMsgpack } from '../../protocol/msgpack.ts'
import { decodeRecords, encodeRecords } from '../log-codec.ts'
import type { LogRecord } from '../store.ts'

/** What a transaction writes into its lane: its part of the log, and an id by which it is recognized. */
export interface LaneEntry {
  /** The transaction's id, unique within a node. */
  readonly id: number
  readonly committedAtMs: number
  /** About how many bytes the rest of the transaction added to etcd's history. */
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
