import type { ObjectDescription, TypeDescription } from '../types.ts'
import { leafWriterOf } from './binary-leaves.ts'
import type { ByteWriter } from './byte-writer.ts'
import { leafOf } from './leaves.ts'

type Write = (out: ByteWriter, value: unknown) => void

const WRITES = new WeakMap<TypeDescription, Write>()

/**
 * Writes a whole value as `applyBinaryPatch` reads it. It is for clients, which have no trees. Numbers are snapped to their type
 * as on a server.
 * @throws TypeError if the value is not of the type. A part of it may be written then. Unlike a server's error, it does not give
 * the place
 */
export function writeValue(out: ByteWriter, type: TypeDescription, value: unknown): void {
  writeOf(type)(out, value)
}

function writeOf(type: TypeDescription): Write {
  let found = WRITES.get(type)
  if (found === undefined) WRITES.set(type, (found = makeWrite(type)))
  return found
}

function makeWrite(type: TypeDescription): Write {
  const { kind } = type
  if (kind === 'object') return objectWrite(type)
  if (kind === 'json') return (out, value) => out.text(JSON.stringify(value, refuseNull))
  if (kind === 'array') {
    const of = writeOf(type.of)
    return (out, value) => {
      expect(Array.isArray(value))
      out.varint(value.length)
      for (const element of value) of(out, element)
    }
  }
  if (kind === 'map' || kind === 'record') {
    const of = writeOf(type.of)
    return (out, value) => {
      const entries = Object.entries(plain(value))
      out.varint(entries.length)
      for (const [key, entry] of entries) {
        out.text(key)
        of(out, entry)
      }
    }
  }
  if (kind === 'optional') throw new TypeError('only a field of an object can be optional')
  const leaf = leafOf(type)
  const writer = leafWriterOf(type)
  expect(writer !== undefined)
  return (out, value) => writer.whole(out, leaf.snap(value))
}

function objectWrite({ fields }: ObjectDescription): Write {
  const list = Object.entries(fields).map(([name, field]) => {
    const isOptional = field.kind === 'optional'
    return { name, isOptional, write: writeOf(isOptional ? field.of : field) }
  })
  return (out, value) => {
    const given = plain(value)
    for (const name of Object.keys(given)) expect(Object.hasOwn(fields, name))
    for (const { name, isOptional, write } of list) {
      const isThere = Object.hasOwn(given, name)
      if (isOptional) out.byte(isThere ? 1 : 0)
      if (isThere || !isOptional) write(out, given[name])
    }
  }
}

/** In a patch, null would remove a field. */
function refuseNull(_key: string, value: unknown): unknown {
  expect(value !== null)
  return value
}

function plain(value: unknown): Readonly<Record<string, unknown>> {
  expect(typeof value === 'object' && value !== null && !Array.isArray(value))
  return value as Readonly<Record<string, unknown>>
}

function expect(isSo: boolean): asserts isSo {
  if (!isSo) throw new TypeError('the value is not of its type')
}
