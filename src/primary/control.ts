import { CONTROL_CHANNEL, type LogRecord } from '../store/store.ts'
import type { RoomDefinition } from '../domain/room.ts'
import type { RoomId } from '../protocol/ids.ts'

/** What the log holds for the nodes themselves, in the transaction of the change it belongs to: JSON. */
export type Control =
  | { readonly kind: 'room-defined'; readonly room: RoomDefinition }
  | { readonly kind: 'room-deleted'; readonly id: RoomId }

export function controlRecord(control: Control): LogRecord {
  return { channel: CONTROL_CHANNEL, body: Buffer.from(JSON.stringify(control)) }
}

/** undefined: it is none that this version knows. */
export function readControl(body: Uint8Array): Control | undefined {
  const control = JSON.parse(Buffer.from(body).toString()) as { readonly kind?: string }
  return control.kind === 'room-defined' || control.kind === 'room-deleted' ? (control as Control) : undefined
}
