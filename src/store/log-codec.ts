import { readHead } from '../protocol/event-body.ts'
import { isLatest, type EventHead } from '../protocol/event-head.ts'
import type { Channel } from '../protocol/ids.ts'
import { decodeMsgpack, encodeMsgpack } from '../protocol/msgpack.ts'
import { CONTROL_CHANNEL, type LogRecord } from './store.ts'

/** One batch as the embedded store keeps it. Its key is the offset of its first record. */
export interface StoredBatch {
  readonly committedAtMs: number
  /** Outbox entries up to this one are in the log, counting this batch. */
  readonly outboxSequence: number
  readonly records: readonly LogRecord[]
}

/** msgpack: [committedAtMs, outboxSequence, ...records as of `encodeRecords`] */
export function encodeBatch(batch: StoredBatch): Uint8Array {
  return encodeMsgpack([batch.committedAtMs, batch.outboxSequence, ...encodeRecords(batch.records)])
}

export function decodeBatch(bytes: Uint8Array): StoredBatch {
  const [committedAtMs, outboxSequence, ...flat] = decodeMsgpack(bytes) as [number, number, ...unknown[]]
  return { committedAtMs, outboxSequence, records: decodeRecords(flat) }
}

/**
 * [channel, body, channel, body, …]. The heads of all events come last, as one more control record. Versions that know no heads
 * skip it, because they do not know its kind. So nodes of both versions may share a log, and an older version can read what a
 * newer one has left. This form can go when no such version has to be served: then a head stands beside its body.
 */
export function encodeRecords(records: readonly LogRecord[]): readonly unknown[] {
  const flat: unknown[] = []
  const heads: StoredHead[] = []
  for (const { channel, head, body } of records) {
    flat.push(channel, body)
    heads.push(head === undefined ? 0 : toStored(head))
  }
  const hasHeads = heads.some((head) => head !== 0)
  if (hasHeads) flat.push(CONTROL_CHANNEL, Buffer.from(JSON.stringify({ kind: HEADS, heads })))
  return flat
}

/** Events that an older version wrote without heads get them from their parsed text. */
export function decodeRecords(flat: readonly unknown[]): LogRecord[] {
  const pairs: LogRecord[] = []
  for (let i = 0; i < flat.length; i += 2) {
    pairs.push({ channel: flat[i] as Channel, body: flat[i + 1] as Uint8Array })
  }
  const heads = decodeHeads(pairs.at(-1))
  if (!heads) return pairs.map((record) => withHead(record, readHeadOf(record)))
  pairs.pop()
  return pairs.map((record, i) => withHead(record, toHead(heads[i])))
}

/** About how many bytes of a transaction a record takes. */
export function recordBytes({ channel, head, body }: LogRecord): number {
  if (head === undefined) return channel.length + body.length
  return channel.length + body.length + HEAD_BYTES + KEY_CHARACTER_BYTES * (storedKey(head)?.length ?? 0)
}

/** How many bytes a head without a key takes as text, and how many a character of a key takes if JSON escapes it. */
const HEAD_BYTES = 64
const KEY_CHARACTER_BYTES = 6

/** The `kind` of the control record that holds the heads of a batch. */
const HEADS = 'heads'

/** A head as JSON: kind * KIND + flags, in a list only if there is a key or an id. 0 stands for a record without a head. */
type StoredHead = number | readonly [tag: number, key: string | null, id: string | null]

const KIND = 256

function toStored(head: EventHead): StoredHead {
  const tag = head.kind * KIND + head.flags
  const key = storedKey(head)
  return key === null && head.id === null ? tag : [tag, key, head.id]
}

/** An event that has to be delivered needs no key. */
function storedKey(head: EventHead): string | null {
  return isLatest(head) ? head.key : null
}

function toHead(stored: StoredHead | undefined): EventHead | undefined {
  if (stored === undefined || stored === 0) return undefined
  const [tag, key, id] = typeof stored === 'number' ? [stored, null, null] : stored
  return { kind: Math.floor(tag / KIND), flags: tag % KIND, key, id }
}

/** Returns undefined if the batch was written without heads. */
function decodeHeads(last: LogRecord | undefined): readonly StoredHead[] | undefined {
  if (last?.channel !== CONTROL_CHANNEL) return undefined
  const control = JSON.parse(Buffer.from(last.body).toString()) as { readonly kind?: string; readonly heads?: unknown }
  return control.kind === HEADS ? (control.heads as readonly StoredHead[]) : undefined
}

function readHeadOf({ channel, body }: LogRecord): EventHead | undefined {
  return channel === CONTROL_CHANNEL ? undefined : readHead(body)
}

function withHead(record: LogRecord, head: EventHead | undefined): LogRecord {
  return head === undefined ? record : { ...record, head }
}
