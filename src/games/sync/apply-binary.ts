import { isForbiddenKey } from '../limits.ts'
import type { ObjectDescription, TypeDescription } from '../types.ts'
import { applyMergePatch } from './apply-merge.ts'
import { ByteReader } from './byte-reader.ts'
import { PatchFault } from './patch-fault.ts'
import { allBits, GROUP, MAP, OPTIONAL, WHOLE_FOLLOWS, widthOf, wireNumbersOf } from './wire.ts'

interface Reader {
  whole(bytes: ByteReader): unknown
  change(bytes: ByteReader, before: unknown, mask: Uint8Array): unknown
  /** The mask that says that everything changed. */
  readonly all: Uint8Array
}

type Plain = Record<string, unknown>

const READERS = new WeakMap<TypeDescription, Reader>()
const NO_MASK = new Uint8Array()

/**
 * Applies the bytes from `at` to `end`: a change of the value, or a whole value if `value` is undefined. Nothing is changed in
 * place: parts that the patch does not name are the same objects in the result. Keys of maps have the server's order.
 * @throws PatchFault if the bytes do not fit the type and the value exactly
 */
export function applyBinaryPatch(
  type: TypeDescription,
  value: unknown,
  bytes: Uint8Array,
  at = 0,
  end = bytes.length,
): unknown {
  try {
    const from = new ByteReader(bytes, at, end)
    const reader = readerOf(type)
    const after = value === undefined ? reader.whole(from) : changed(reader, from, value)
    expect(from.at === end - at)
    return after
  } catch (error) {
    throw error instanceof PatchFault ? error : new PatchFault('the patch does not fit', { cause: error })
  }
}

function expect(isSo: boolean): asserts isSo {
  if (!isSo) throw new PatchFault('the patch does not fit')
}

const changed = (reader: Reader, bytes: ByteReader, before: unknown): unknown =>
  reader.change(bytes, before, bytes.take(reader.all.length))

function readerOf(type: TypeDescription): Reader {
  let found = READERS.get(type)
  if (found === undefined) READERS.set(type, (found = makeReader(type)))
  return found
}

const reader = (whole: Reader['whole'], change: Reader['change'] = whole, all: Uint8Array = NO_MASK): Reader => ({
  whole,
  change,
  all,
})

function makeReader(type: TypeDescription): Reader {
  const { kind } = type
  if (kind === 'object') return objectReader(type)
  if (kind === 'array') {
    const of = readerOf(type.of)
    return reader((bytes) => {
      const elements: unknown[] = []
      for (let left = bytes.varint(); left > 0; left--) elements.push(of.whole(bytes))
      return elements
    })
  }
  if (kind === 'map') return reader(...mapReader(readerOf(type.of)))
  if (kind === 'record') return reader(mapReader(readerOf(type.of))[0])
  if (kind === 'json') {
    const change: Reader['change'] = (bytes, before) => applyMergePatch(before, JSON.parse(bytes.text()))
    return reader((bytes) => change(bytes, undefined, NO_MASK), change)
  }
  if (kind === 'boolean') return reader(flag)
  if (kind === 'string') return reader((bytes) => bytes.text())
  if (kind === 'literal') return reader(() => type.value)
  if (kind === 'float32' || kind === 'float64') return reader((bytes) => finite(bytes.float(kind === 'float32')))
  if (kind === 'oneOf') {
    return reader((bytes) => {
      const value = type.values[bytes.varint()]
      expect(value !== undefined)
      return value
    })
  }
  return numberReader(type)
}

function flag(bytes: ByteReader): boolean {
  const byte = bytes.byte()
  expect(byte < 2)
  return byte === 1
}

function finite(value: number): number {
  expect(Number.isFinite(value))
  return value
}

function numberReader(type: TypeDescription): Reader {
  const numbers = wireNumbersOf(type)
  expect(numbers !== undefined)
  const width = widthOf(numbers)
  const at = (k: number) => {
    expect(k >= 0 && k <= numbers.steps)
    return numbers.at(k)
  }
  const whole: Reader['whole'] = (bytes) => at(bytes.fixedWidth(width))
  if (width === 1) return reader(whole)
  return reader(whole, (bytes, before) => {
    const first = bytes.byte()
    if (first === WHOLE_FOLLOWS) return whole(bytes)
    expect(first < WHOLE_FOLLOWS)
    const zigzag = first < 128 ? first : ((first & 63) << 8) | bytes.byte()
    return at(numbers.indexOf(before as number) + (zigzag & 1 ? -(zigzag + 1) : zigzag) / 2)
  })
}

function objectReader({ fields }: ObjectDescription): Reader {
  const list = Object.entries(fields).map(([name, field]) => {
    const isOptional = field.kind === 'optional'
    return { name, isOptional, of: readerOf(isOptional ? field.of : field) }
  })
  const all = allBits(list.length)
  const whole: Reader['whole'] = (bytes) => {
    const after: Plain = {}
    for (const { name, isOptional, of } of list) if (!isOptional || flag(bytes)) after[name] = of.whole(bytes)
    return after
  }
  const change: Reader['change'] = (bytes, before, mask) => {
    const after: Plain = {}
    list.forEach(({ name, isOptional, of }, i) => {
      const has = Object.hasOwn(before as Plain, name)
      const was = (before as Plain)[name]
      if ((((mask[i >> 3] ?? 0) >> (i & 7)) & 1) === 0) {
        if (has) after[name] = was
        return
      }
      const tag = isOptional ? bytes.byte() : OPTIONAL.patched
      expect(has ? tag <= OPTIONAL.whole : tag === OPTIONAL.whole)
      if (tag === OPTIONAL.patched) after[name] = changed(of, bytes, was)
      if (tag === OPTIONAL.whole) after[name] = of.whole(bytes)
    })
    expect(mask.every((byte, i) => byte <= (all[i] ?? 0)))
    return after
  }
  return reader(whole, change, all)
}

function keyOf(bytes: ByteReader): string {
  const key = bytes.text()
  expect(!isForbiddenKey(key))
  return key
}

function mapReader(of: Reader): [Reader['whole'], Reader['change']] {
  const whole: Reader['whole'] = (bytes) => {
    const after: Plain = {}
    for (let left = bytes.varint(); left > 0; left--) {
      const key = keyOf(bytes)
      expect(!Object.hasOwn(after, key))
      after[key] = of.whole(bytes)
    }
    return after
  }
  const change: Reader['change'] = (bytes, before) => {
    const head = bytes.varint()
    const keys = Object.keys(before as Plain)
    const values = keys.map((key) => (before as Plain)[key])
    if (head & MAP.removed) {
      // From the end, so that the other indexes stay valid.
      for (const index of indexes(bytes, keys.length).reverse()) {
        keys.splice(index, 1)
        values.splice(index, 1)
      }
    }
    if (head & MAP.added) {
      let index = 0
      for (let left = bytes.varint(); left > 0; left--) {
        index += bytes.varint()
        expect(index <= keys.length)
        keys.splice(index, 0, keyOf(bytes))
        values.splice(index++, 0, of.whole(bytes))
      }
      expect(new Set(keys).size === keys.length)
    }
    changeGroups(bytes, Math.floor(head / MAP.group), of, values)
    const after: Plain = {}
    keys.forEach((key, i) => (after[key] = values[i]))
    return after
  }
  return [whole, change]
}

/** Reads ascending indexes below `count`, each as its distance from the one before. */
function indexes(bytes: ByteReader, count: number): number[] {
  const list: number[] = []
  let next = 0
  for (let left = bytes.varint(); left > 0; left--) {
    next += bytes.varint()
    expect(next < count)
    list.push(next++)
  }
  return list
}

/** Changes `values` in place, because they are a copy. */
function changeGroups(bytes: ByteReader, groups: number, of: Reader, values: unknown[]): void {
  let mask = of.all
  let i = 0
  for (let left = groups; left > 0; left--) {
    const head = bytes.byte()
    const [gap, length] = [head >> 4, (head >> 1) & 7]
    i += gap === GROUP.gapMax ? gap + bytes.varint() : gap
    const end = i + 1 + (length === GROUP.lengthMax ? length + bytes.varint() : length)
    expect(end <= values.length)
    if ((head & 1) === 0) mask = bytes.take(of.all.length)
    for (; i < end; i++) values[i] = of.change(bytes, values[i], mask)
  }
}
