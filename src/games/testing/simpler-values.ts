import type { Json } from '../types.ts'

/** Values that say less than this one, the simplest first. Some may not fit where this one did. */
export function* simplerValues(value: unknown): Generator<Json> {
  if (typeof value === 'number') yield* simplerNumbers(value)
  else if (value === true) yield false
  else if (typeof value === 'string') yield* simplerTexts(value)
  else if (Array.isArray(value)) yield* simplerLists(value as Json[])
  else if (typeof value === 'object' && value !== null) yield* simplerObjects(value as Record<string, Json>)
}

function* simplerNumbers(value: number): Generator<number> {
  const sizes = [0, 1, 10, 100].filter((size) => size < Math.abs(value))
  for (const size of sizes) yield value < 0 ? -size + 0 : size
  if (value < 0) yield -value
  if (!Number.isInteger(value)) yield Math.trunc(value) + 0
  else if (Math.abs(value) > 1) {
    yield Math.trunc(value / 2)
    yield value - Math.sign(value)
  }
}

function* simplerTexts(value: string): Generator<string> {
  if (value === '') return
  yield ''
  if (value.length > 1) {
    yield 'a'
    yield value.slice(0, value.length >> 1)
  }
}

function* simplerLists(value: readonly Json[]): Generator<Json[]> {
  if (value.length === 0) return
  yield []
  for (let i = 0; i < value.length; i++) yield value.toSpliced(i, 1)
  for (const [i, element] of value.entries()) for (const simpler of simplerValues(element)) yield value.with(i, simpler)
}

function* simplerObjects(value: Readonly<Record<string, Json>>): Generator<Record<string, Json>> {
  for (const key of Object.keys(value)) {
    const { [key]: _left, ...others } = value
    yield others
  }
  for (const [key, part] of Object.entries(value)) {
    for (const simpler of simplerValues(part)) yield { ...value, [key]: simpler }
  }
}
