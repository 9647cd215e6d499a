import { SERVER_EVENT } from '../protocol/events.ts'
import type { Fields } from './expect.ts'

const PATCH = 1
const HAS_ACKS = 1

/**
 * Decodes what a binary patch says without the types of its room: 0xC1, u8 kind (1), u8 flags (1 acks, 2 events, 4 hash), varint
 * handle, varint tick, varint tick - base, the length of the changes as a varint, the changes, then what the flags announce.
 * Throws for anything else.
 */
export function decodePatchHead(bytes: Buffer): Fields {
  const [, kind, flags = 0] = bytes
  if (kind !== PATCH) throw new Error(`a frame of kind ${kind}`)
  let at = 3
  const varint = (): number => {
    let value = 0
    for (let unit = 1; ; unit *= 128) {
      const byte = bytes[at++]
      if (byte === undefined) throw new Error('a patch that is cut off')
      value += (byte & 127) * unit
      if (byte < 128) return value
    }
  }
  const text = (): string => {
    const length = varint()
    at += length
    return bytes.toString('utf8', at - length, at)
  }
  const [handle, tick] = [varint(), varint()]
  const base = tick - varint()
  at += varint()
  if (at > bytes.length) throw new Error('a patch that is cut off')
  const acks: Record<string, number> = {}
  for (let left = (flags & HAS_ACKS) === 0 ? 0 : varint(); left > 0; left--) {
    const seat = text()
    acks[seat] = varint()
  }
  return { eventType: SERVER_EVENT.patch, handle, tick, base, acks }
}
