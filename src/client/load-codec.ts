import type { Encoding } from '../protocol/events.ts'
import { JSON_CODEC, type Codec } from './codec.ts'

type OpenCodec = () => Codec

const openCodecs: Partial<Record<Encoding, OpenCodec>> = { json: () => JSON_CODEC }

/**
 * Returns a function that creates the codec of a connection. The package for msgpack is loaded only if it is used, and only once.
 */
export async function loadCodec(encoding: Encoding): Promise<OpenCodec> {
  return (openCodecs[encoding] ??= (await import('./msgpack-codec.ts')).openMsgpack)
}
