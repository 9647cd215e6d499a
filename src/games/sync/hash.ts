/**
 * A hash of 32 bits that is equal for equal values. It needs no type: an object and a map with the same entries have the same
 * hash in any order. The steps are described in src/conformance/vectors/README.md.
 */

// Each kind of value starts with its own seed.
export const BOOLEAN_SEED = 1
const NUMBER_SEED = 2
const STRING_SEED = 3
export const ARRAY_SEED = 4
const OBJECT_SEED = 5

/** Adds 32 bits to a hash. For one hash, different words give different results. */
export function mix(hash: number, word: number): number {
  const mixed = Math.imul(hash ^ word, 0x85eb_ca6b)
  return mixed ^ (mixed >>> 15)
}

/** The last step: makes every bit depend on every other (the finalizer of MurmurHash3). */
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

/** Hashes the bits of the float64, the lower half first. */
export function hashNumber(value: number): number {
  bits.setFloat64(0, value)
  return mix(mix(NUMBER_SEED, bits.getUint32(4)), bits.getUint32(0))
}

/** What one entry adds to the sum for its object. */
export const hashEntry = (keyHash: number, valueHash: number): number => finish(mix(keyHash, valueHash))

export const hashObject = (count: number, sum: number): number => mix(mix(OBJECT_SEED, count), sum)

/** The hash of a plain value, as a client has it: 32 bits, unsigned. */
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
