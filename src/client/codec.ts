import type { RequestEnvelope } from '../protocol/shapes/commands.ts'

/**
 * Translates between the content of frames and values, for one connection. `decode` throws if the frame is of the wrong kind
 * (text or binary).
 */
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
