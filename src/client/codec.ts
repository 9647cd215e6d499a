import type { RequestEnvelope } from '../protocol/shapes/commands.ts'

/** One frame's content on one side, a value on the other, for one connection. `decode` throws on the wrong kind of frame. */
export interface Codec {
  encode(envelope: RequestEnvelope): string | Uint8Array
  decode(content: unknown): unknown
}

export const JSON_CODEC: Codec = {
  encode: (envelope) => JSON.stringify(envelope),
  decode(content) {
    if (typeof content !== 'string') throw new TypeError('a binary frame on a JSON connection')
    return JSON.parse(content)
  },
}

const utf8 = new TextEncoder()

export function contentBytes(content: string | Uint8Array): number {
  return typeof content === 'string' ? utf8.encode(content).length : content.length
}
