import { Packr, Unpackr } from 'msgpackr'

// Plain maps and no extension types: what any msgpack library of any language reads. A player's object may have keys named
// `constructor` and `toJSON`: with `useToJSON` the second one would be called.
const packr = new Packr({
  useRecords: false,
  mapsAsObjects: true,
  variableMapSize: true,
  encodeUndefinedAsNil: true,
  useToJSON: false,
})
const unpackr = new Unpackr({ useRecords: false, mapsAsObjects: true, int64AsType: 'number' })

/** The bytes are the caller's to keep. */
export function encodeMsgpack(value: unknown): Uint8Array {
  return packr.pack(value)
}

/** Trusts its input's shape and size: bytes from outside go through `checkMsgpack` first. Throws on broken bytes. */
export function decodeMsgpack(bytes: Uint8Array): unknown {
  return unpackr.unpack(bytes)
}
