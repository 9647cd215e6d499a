import type { Json } from '../games/definition.ts'
import type { SeatChanges } from '../link/methods/host.ts'
import { ByteWriter } from '../games/sync/byte-writer.ts'
import { SERVER_EVENT } from '../protocol/events.ts'
import { GAME_FRAME, PATCH_FRAME } from '../protocol/game-bytes.ts'

/** What one tick tells those who have the same view. */
export interface PatchParts {
  readonly tick: number
  readonly base: number
  /** For each seat, the highest number of its handled inputs. */
  readonly acks: ReadonlyMap<string, number>
  readonly events: readonly (readonly [name: string, data: Json])[]
  /** Undefined if this patch has no hash. */
  readonly hash: number | undefined
  /** Undefined if the seats have not changed. */
  readonly seats: SeatChanges | undefined
}

const encoder = new TextEncoder()
const out = new ByteWriter()

/**
 * Makes a frame for JSON clients, as it is sent.
 * @param changes a JSON Merge Patch
 */
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
 * Makes a frame for binary clients. It begins with 0xC1, the kind and the flags. Then, as varints, handle, tick, tick - base and
 * the length of the changes, and then the changes. Then come the parts that the flags announce: acks (their count, and for each
 * the seat and its number), events (JSON text), the hash (u32, little-endian) and changes of seats (JSON text). Each text follows
 * its length in bytes.
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
