import type { Json } from '../games/definition.ts'
import type { SeatChanges } from '../link/methods/host.ts'
import { ByteWriter } from '../games/sync/byte-writer.ts'
import { SERVER_EVENT } from '../protocol/events.ts'
import { GAME_FRAME, PATCH_FRAME } from '../protocol/game-bytes.ts'

/** All that one tick says to those who see the same. */
export interface PatchParts {
  readonly tick: number
  readonly base: number
  /** By seat: the highest number of its inputs that was handled. */
  readonly acks: ReadonlyMap<string, number>
  readonly events: readonly (readonly [name: string, data: Json])[]
  /** undefined: it is not told with this one. */
  readonly hash: number | undefined
  /** undefined: they are as before. */
  readonly seats: SeatChanges | undefined
}

const encoder = new TextEncoder()
const out = new ByteWriter()

/** A frame for JSON clients, as it stands on the wire. @param changes a JSON Merge Patch */
export function jsonPatchFrame(roomId: string, changes: string, parts: PatchParts): Uint8Array {
  const { tick, base, acks, events, hash, seats } = parts
  let text = `{"eventType":"${SERVER_EVENT.patch}","room":${JSON.stringify(roomId)},"tick":${tick},"base":${base}`
  if (acks.size > 0) text += `,"acks":${JSON.stringify(Object.fromEntries(acks))}`
  text += `,"changes":${changes}`
  if (events.length > 0) text += `,"events":${JSON.stringify(events)}`
  if (hash !== undefined) text += `,"hash":${hash}`
  if (seats) text += `,"seats":${JSON.stringify(seats)}`
  return encoder.encode(`${text}}`)
}

/**
 * A frame for binary clients: 0xC1, the kind, flags; handle, tick, tick - base, length of the changes as varints, the changes; then what the
 * flags say: acks (count, and for each the seat and its number), events (JSON text), the hash (u32, little-endian), changes of seats (JSON text). Texts have their length in
 * bytes before them.
 * @param changes see `binaryPatchOf`
 */
export function binaryPatchFrame(handle: number, changes: Uint8Array, parts: PatchParts): Uint8Array {
  const { tick, base, acks, events, hash, seats } = parts
  const flags =
    (acks.size > 0 ? PATCH_FRAME.acks : 0) |
    (events.length > 0 ? PATCH_FRAME.events : 0) |
    (hash === undefined ? 0 : PATCH_FRAME.hash) |
    (seats ? PATCH_FRAME.seats : 0)
  out.clear()
  for (const byte of [GAME_FRAME, PATCH_FRAME.kind, flags]) out.byte(byte)
  for (const value of [handle, tick, tick - base]) out.varint(value)
  out.varint(changes.length)
  out.bytes(changes)
  if (acks.size > 0) {
    out.varint(acks.size)
    for (const [seat, seq] of acks) {
      out.text(seat)
      out.varint(seq)
    }
  }
  if (events.length > 0) out.text(JSON.stringify(events))
  if (hash !== undefined) out.fixedWidth(hash, 4)
  if (seats) out.text(JSON.stringify(seats))
  return out.take()
}
