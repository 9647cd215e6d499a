/**
 * The hash of a value: 32 bits that are equal for equal values. It needs no type: an object and a map with the same entries have
 * the same hash, whatever their order. docs of the steps: src/conformance/vectors/README.md.
 */

// What a hash starts from, one for each kind of value.
export const BOOLEAN_SEED = 1
const NUMBER_SEED = 2
const STRING_SEED = 3
export const ARRAY_SEED = 4
const OBJECT_SEED = 5

/** Adds 32 bits to a hash. For each hash another word gives another result. */
export function mix(hash: number, word: number): number {
  const mixed = Math.imul(hash ^ word, 0x85eb_ca6b)
  return mixed ^ (mixed >>> 15)
}

/** The last step: every bit of the hash comes to depend on every other (the finalizer of MurmurHash3). */
export function finish(hash: number): number {
  const first = Math.imul(hash ^ (hash >>> 16), 0x85eb_ca6b)
  const second = Math.imul(first ^ (first >>> 13), 0xc2b2_ae35)
  return second ^ (second >>> 16)
}

export function hashText(text: string): number {
  let hash = mix(STRING_SEED, text.length)
  for (let i = 0; i < text.length; i++) hash = mix(hash, text.charCodeAt(i))
  return hash
}

const bits = new DataView(new ArrayBuffer(8))

/** By the bits of the float64, the lower half first. */
export function hashNumber(value: number): number {
  bits.setFloat64(0, value)
  return mix(mix(NUMBER_SEED, bits.getUint32(4)), bits.getUint32(0))
}

/** What an entry of an object adds to the sum of its entries. */
export const hashEntry = (keyHash: number, valueHash: number): number => finish(mix(keyHash, valueHash))

export const hashObject = (count: number, sum: number): number => mix(mix(OBJECT_SEED, count), sum)

/** The hash of a plain value as a client has it: unsigned 32 bits. */
export const hashValue = (value: unknown): number => finish(hashAny(value)) >>> 0

function hashAny(value: unknown): number {
  if (typeof value === 'number') return hashNumber(value)
  if (typeof value === 'string') return hashText(value)
  if (typeof value !== 'object' || value === null) return mix(BOOLEAN_SEED, value === true ? 1 : 0)
  if (Array.isArray(value)) {
    return value.reduce((hash: number, element) => mix(hash, hashAny(element)), mix(ARRAY_SEED, value.length))
  }
  const entries = Object.entries(value)
  return hashObject(
    entries.length,
    entries.reduce((sum, [key, entry]) => (sum + hashEntry(hashText(key), hashAny(entry))) | 0, 0),
  )
}
