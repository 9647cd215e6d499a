import { GAME_FRAME, type Encoding } from '../protocol/events.ts'

/** One frame's content on one side, a value on the other. `decode` throws on the wrong kind of frame. */
export interface Codec {
  encode(value: unknown): string | Uint8Array
  decode(content: unknown): unknown
}

const json: Codec = {
  encode: (value) => JSON.stringify(value),
  decode(content) {
    if (typeof content !== 'string') throw new TypeError('a binary frame on a JSON connection')
    return JSON.parse(content)
  },
}

let msgpack: Promise<Codec> | undefined

/** msgpack comes with a package, which is loaded only by those who want it, and once. */
export function loadCodec(encoding: Encoding): Promise<Codec> {
  if (encoding === 'json') return Promise.resolve(json)
  msgpack ??= loadMsgpack()
  return msgpack
}

async function loadMsgpack(): Promise<Codec> {
  const [{ encodeMsgpack, decodeMsgpack }, { decodePatch }] = await Promise.all([
    import('../protocol/msgpack.ts'),
    import('./binary-patch.ts'),
  ])
  return {
    encode: encodeMsgpack,
    decode(content) {
      if (!(content instanceof ArrayBuffer)) throw new TypeError('a text frame on a msgpack connection')
      const bytes = new Uint8Array(content)
      return bytes[0] === GAME_FRAME ? decodePatch(bytes) : decodeMsgpack(bytes)
    },
  }
}

const utf8 = new TextEncoder()

export function contentBytes(content: string | Uint8Array): number {
  return typeof content === 'string' ? utf8.encode(content).length : content.length
}
