import { CONTROL_CHANNEL, type LogRecord } from '../store/store.ts'
import type { RoomDefinition } from '../domain/room.ts'
import type { RoomId } from '../protocol/ids.ts'

/** What the log holds for the nodes themselves, in the transaction of the change it belongs to: JSON. */
export type Control =
  | { readonly kind: 'room-defined'; readonly room: RoomDefinition }
  | { readonly kind: 'room-deleted'; readonly id: RoomId }
  /** By something else than a purchase: there may be stock again. */
  | { readonly kind: 'good-changed'; readonly id: string }
  /** Connections, by their ids. */
  | { readonly kind: 'kicked'; readonly ids: readonly string[] }

const KINDS: ReadonlySet<string> = new Set<Control['kind']>(['room-defined', 'room-deleted', 'good-changed', 'kicked'])

/** Nobody does anything about it: only that it comes back counts. */
export const CANARY: LogRecord = { channel: CONTROL_CHANNEL, body: Buffer.from(JSON.stringify({ kind: 'canary' })) }

export function controlRecord(control: Control): LogRecord {
  return { channel: CONTROL_CHANNEL, body: Buffer.from(JSON.stringify(control)) }
}

/** undefined: it is none that this version knows. */
export function readControl(body: Uint8Array): Control | undefined {
  const control = JSON.parse(Buffer.from(body).toString()) as { readonly kind?: string }
  return KINDS.has(control.kind ?? '') ? (control as Control) : undefined
}
