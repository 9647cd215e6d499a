/** Values as clients write them are those that a server would have written, or the server is asked what is wrong with them. */
import t from 'tap'
import { applyBinaryPatch } from '../../../src/games/sync/apply-binary.ts'
import { binaryPatchOf } from '../../../src/games/sync/binary-patch.ts'
import { ByteWriter } from '../../../src/games/sync/byte-writer.ts'
import { checkValue, shapeOf } from '../../../src/games/sync/shape.ts'
import { writeValue } from '../../../src/games/sync/write-value.ts'
import { parseType, type Json, type TypeDescription } from '../../../src/games/types.ts'
import { RandomTypes } from './random-types.ts'

/** What JSON does to a value on its way. */
const sent = (value: unknown): unknown => JSON.parse(JSON.stringify(value))

function bytesOf(type: TypeDescription, value: unknown): Uint8Array {
  const out = new ByteWriter()
  writeValue(out, type, value)
  return out.take()
}

/** What is read at the other end, or that it is refused. */
function outcome(type: TypeDescription, value: unknown): unknown {
  try {
    return { value: checkValue(type, value) }
  } catch {
    return 'refused'
  }
}

t.test('the bytes of a value are those of a server', (t) => {
  let count = 0
  for (let seed = 1; seed <= 500; seed++) {
    const random = new RandomTypes(seed)
    const type = parseType(sent(random.stateType()))
    const value = sent(random.value(type)) as Json
    const shape = shapeOf<Json>(type)
    const expected = binaryPatchOf(shape, undefined, shape.freeze(undefined, structuredClone(value)))
    const bytes = bytesOf(type, value)
    if (Buffer.compare(bytes, expected) !== 0) t.strictSame([...bytes], [...expected], `seed ${seed}`)
    count += bytes.length
  }
  t.ok(count > 5_000, `${count} bytes`)
  t.end()
})

t.test('what is not of the type is not written, or is refused at the other end, too', (t) => {
  const seen = { written: 0, refused: 0 }
  for (let seed = 1; seed <= 3_000; seed++) {
    const random = new RandomTypes(seed)
    const type = parseType(sent(random.stateType()))
    const other = random.chance(0.5) ? type : random.stateType()
    const value = sent(damaged(random, sent(random.value(other))))
    let bytes: Uint8Array
    try {
      bytes = bytesOf(type, value)
    } catch {
      seen.refused++
      continue
    }
    seen.written++
    const read = outcome(type, applyBinaryPatch(type, undefined, bytes))
    const expected = outcome(type, value)
    if (JSON.stringify(sorted(read)) !== JSON.stringify(sorted(expected)))
      t.strictSame(read, expected, `seed ${seed}: ${JSON.stringify({ type, value }).slice(0, 1_000)}`)
  }
  t.ok(seen.written > 500 && seen.refused > 500, JSON.stringify(seen))
  t.end()
})

/** Somewhere in it stands something else. */
function damaged(random: RandomTypes, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || random.chance(0.2)) {
    return random.pick([null, 0, -1, 1.5, 256, 1e12, 'x', 'y'.repeat(20), true, [], [1], {}, { a: 1 }, { a: null }])
  }
  const copy = structuredClone(value) as Record<string, unknown>
  const keys = Object.keys(copy)
  if (keys.length === 0 || random.chance(0.1)) copy['more'] = 1
  else {
    const key = random.pick(keys)
    if (random.chance(0.15)) delete copy[key]
    else copy[key] = damaged(random, copy[key])
  }
  return copy
}

/** The order of keys is not the point here. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .map(([key, entry]) => [key, sorted(entry)] as const)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  )
}

t.test('what is refused by name', (t) => {
  for (const [type, values] of [
    [{ kind: 'boolean' }, [1, 'true', null]],
    [{ kind: 'uint8' }, [-1, 256, 1.5, '1', NaN, true]],
    [{ kind: 'float32' }, [1e39, '1', null]],
    [{ kind: 'fixed', min: 0, max: 1, step: 0.5 }, [-0.3, 1.3, '0']],
    [{ kind: 'string', max: 2 }, ['abc', 1, null]],
    [{ kind: 'oneOf', values: ['a', 1] }, ['b', '1', null]],
    [{ kind: 'literal', value: 'a' }, ['b', null, undefined]],
    [{ kind: 'array', of: { kind: 'uint8' } }, [{}, null, 'a', [1, -1]]],
    [{ kind: 'map', of: { kind: 'uint8' } }, [[], null, 'a', { x: -1 }]],
    [{ kind: 'object', fields: { a: { kind: 'uint8' } } }, [{}, { a: 1, b: 2 }, [1], null, { a: null }]],
    [{ kind: 'object', fields: { a: { kind: 'optional', of: { kind: 'uint8' } } } }, [{ a: null }, { b: 1 }]],
    [{ kind: 'json' }, [null, { a: null }, [null]]],
  ] as unknown as readonly (readonly [TypeDescription, readonly unknown[]])[]) {
    for (const value of values) t.throws(() => bytesOf(type, value), `${type.kind}: ${JSON.stringify(value)}`)
  }
  t.end()
})
