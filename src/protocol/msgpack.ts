import { Packr, Unpackr } from 'msgpackr'

// Plain maps and no extension types, which any msgpack library can read. A player's object may have keys named `constructor` and
// `toJSON`; with `useToJSON` msgpackr would call the latter.
const packr = new Packr({
  useRecords: false,
  mapsAsObjects: true,
  variableMapSize: true,
  encodeUndefinedAsNil: true,
  useToJSON: false,
})
const unpackr = new Unpackr({ useRecords: false, mapsAsObjects: true, int64AsType: 'number' })

/** The caller may keep the bytes. */
export function encodeMsgpack(value: unknown): Uint8Array {
  return packr.pack(value)
}

/** Does not check shape or size: bytes from outside must pass `checkMsgpack` first. Throws if the bytes are broken. */
export function decodeMsgpack(bytes: Uint8Array): unknown {
  return unpackr.unpack(bytes)
}
