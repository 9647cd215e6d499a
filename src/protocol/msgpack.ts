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

/**
 * The value with U+FFFD in place of every lone surrogate, in keys too. JSON can carry one (as an escape), msgpack cannot:
 * its strings are UTF-8. As deep as the value is: for what has passed the limits.
 */
export function toWellFormed(value: unknown): unknown {
  if (typeof value === 'string') return value.toWellFormed()
  if (Array.isArray(value)) return value.map(toWellFormed)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [key.toWellFormed(), toWellFormed(field)]))
}
