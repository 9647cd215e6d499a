import type { Encoding } from '../protocol/events.ts'
import { JSON_CODEC, type Codec } from './codec.ts'

/** Gives what makes the codec of a connection. msgpack comes with a package, which is loaded only by those who want it, and once. */
export async function loadCodec(encoding: Encoding): Promise<() => Codec> {
  if (encoding === 'json') return () => JSON_CODEC
  const { MsgpackCodec } = await import('./msgpack-codec.ts')
  return () => new MsgpackCodec()
}
