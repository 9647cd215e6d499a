import { applyBinaryPatch } from '../games/sync/apply-binary.ts'
import { ByteReader } from '../games/sync/byte-reader.ts'
import type { TypeDescription } from '../games/types.ts'
import type * as SERVER_EVENT from '../protocol/server-event-names.ts'
import { PATCH_FRAME } from '../protocol/game-bytes.ts'
import type { Patch } from './game-room.ts'

// Spelled out here and not imported, so that this part of a bundle can be loaded on its own.
const PATCH: (typeof SERVER_EVENT)['patch'] = 'core.game.room.patch'

/**
 * Decodes a binary patch to the event that a JSON client gets, with a function `apply` in place of its changes. Throws for other
 * frames.
 */
export function decodePatch(bytes: Uint8Array): Patch & { readonly eventType: string; readonly handle: number } {
  const [, kind, flags = 0] = bytes
  if (kind !== PATCH_FRAME.kind) throw new TypeError(`a frame of the unknown kind ${kind}`)
  const reader = new ByteReader(bytes, 3, bytes.length)
  const handle = reader.varint()
  const tick = reader.varint()
  const base = tick - reader.varint()
  const changes = reader.take(reader.varint())
  const acks = (flags & PATCH_FRAME.acks) === 0 ? undefined : readAcks(reader)
  const events = (flags & PATCH_FRAME.events) === 0 ? undefined : (JSON.parse(reader.text()) as Patch['events'])
  const hash = (flags & PATCH_FRAME.hash) === 0 ? undefined : reader.fixedWidth(4)
  const seats = (flags & PATCH_FRAME.seats) === 0 ? undefined : (JSON.parse(reader.text()) as Patch['seats'])
  return {
    eventType: PATCH,
    handle,
    tick,
    base,
    ...(acks && { acks }),
    ...(events && { events }),
    ...(hash !== undefined && { hash }),
    ...(seats && { seats }),
    apply: (state, types) =>
      changes.length === 0 ? state : applyBinaryPatch(types as TypeDescription, state, changes),
  }
}

function readAcks(reader: ByteReader): Record<string, number> {
  const acks: Record<string, number> = {}
  for (let count = reader.varint(); count > 0; count--) acks[reader.text()] = reader.varint()
  return acks
}
