import type { Json, TypeDescription } from '../../../src/games/types.ts'

type Plain = Record<string, Json>

const isPlain = (value: unknown): value is Plain => typeof value === 'object' && value !== null && !Array.isArray(value)

/** The value as its type has it, by the definition of each kind: slow, and written without a look at the real thing. */
export function snapped(type: TypeDescription, value: Json): Json {
  const { kind } = type
  if (kind === 'object') {
    const entries = Object.entries(type.fields).flatMap(([name, field]) => {
      const of = field.kind === 'optional' ? field.of : field
      const found = Object.hasOwn(value as Plain, name) ? (value as Plain)[name] : undefined
      return found === undefined ? [] : [[name, snapped(of, found)] as const]
    })
    return Object.fromEntries(entries)
  }
  if (kind === 'map' || kind === 'record') {
    return Object.fromEntries(Object.entries(value as Plain).map(([key, entry]) => [key, snapped(type.of, entry)]))
  }
  if (kind === 'array') return (value as Json[]).map((element) => snapped(type.of, element))
  if (kind === 'json') return JSON.parse(JSON.stringify(value)) as Json
  if (kind === 'float32') return (new Float32Array([value as number])[0] ?? 0) + 0
  if (kind === 'fixed') return nearest(type, value as number)
  return typeof value === 'number' ? value + 0 : value
}

/** Looks at the neighbours, too, so that an error of the quotient does not matter. */
function nearest({ min, max, step }: { min: number; max: number; step: number }, value: number): number {
  const near = Math.floor((value - min) / step)
  const decimals = [...Array(12).keys()].find((digits) =>
    [step, min].every((number) => Number.isInteger(round(number * 10 ** digits))),
  )
  const isShort = decimals !== undefined && 1 / step === Math.round(1 / step)
  const numbers = [near - 1, near, near + 1, near + 2]
    .filter((k) => k >= 0 && min + k * step <= max + step * 1e-6)
    .map((k) => (isShort ? Number((min + k * step).toFixed(decimals)) : min + k * step))
  return numbers.reduce((best, number) => (Math.abs(number - value) < Math.abs(best - value) ? number : best))
}

const round = (value: number) => Number(value.toFixed(9))

/** RFC 7396, section 2, word by word. */
export function merged(target: Json | undefined, patch: Json | null): Json {
  if (!isPlain(patch)) return patch as Json
  const result: Plain = isPlain(target) ? { ...target } : {}
  for (const [name, value] of Object.entries(patch as Record<string, Json | null>)) {
    if (value === null) delete result[name]
    else result[name] = merged(result[name], value)
  }
  return result
}

/** Whether the values are equal, with the order of keys where `inOrder`. A negative zero is another number than zero. */
export function equals(a: unknown, b: unknown, inOrder: boolean): boolean {
  if (Array.isArray(a)) {
    return Array.isArray(b) && a.length === b.length && a.every((element, i) => equals(element, b[i], inOrder))
  }
  if (!isPlain(a) || !isPlain(b)) return Object.is(a, b)
  const [keys, others] = [Object.keys(a), Object.keys(b)]
  if (keys.length !== others.length) return false
  return keys.every(
    (key, i) => Object.hasOwn(b, key) && (!inOrder || others[i] === key) && equals(a[key], b[key], inOrder),
  )
}
