import type { Encoding } from '../protocol/events.ts'
import { JSON_CODEC, type Codec } from './codec.ts'

type OpenCodec = () => Codec

const openCodecs: Partial<Record<Encoding, OpenCodec>> = { json: () => JSON_CODEC }

/** Gives what makes the codec of a connection. msgpack comes with a package, which is loaded only by those who want it, and once. */
export async function loadCodec(encoding: Encoding): Promise<OpenCodec> {
  return (openCodecs[encoding] ??= (await import('./msgpack-codec.ts')).openMsgpack)
}
