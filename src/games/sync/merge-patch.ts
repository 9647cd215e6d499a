import type { ObjectDescription, TypeDescription } from '../types.ts'
import { differs } from './differs.ts'
import type { Shape } from './shape.ts'
import { MapTree, sameKeys, type Tree } from './tree.ts'

/** Writes the trees of one type as JSON text. */
interface JsonWriter {
  whole(tree: Tree): string
  /** A JSON Merge Patch (RFC 7396). Undefined if only the order of keys differs, or nothing. */
  patch(before: Tree, after: Tree): string | undefined
}

const WRITERS = new WeakMap<TypeDescription, JsonWriter>()

/**
 * Returns the text of a JSON Merge Patch (RFC 7396) from one tree to the other, or of the whole value if there is no tree before.
 * It does not contain the order of keys: a key that was removed and added again keeps its place at the client.
 */
export function mergePatchOf<T>({ type }: Shape<T>, before: Tree | undefined, after: Tree): string {
  let writer = WRITERS.get(type)
  if (writer === undefined) WRITERS.set(type, (writer = writerOf(type)))
  if (before === undefined) return writer.whole(after)
  return writer.patch(before, after) ?? (typeof after === 'object' && !isList(type) ? '{}' : writer.whole(after))
}

function writerOf(type: TypeDescription): JsonWriter {
  const { kind } = type
  if (kind === 'object') return objectWriter(type)
  if (kind === 'map' || kind === 'record') return mapWriter(writerOf(type.of))
  if (kind === 'array') return arrayWriter(writerOf(type.of))
  if (kind === 'optional') return writerOf(type.of)
  return kind === 'json' ? JSON_WRITER : LEAF
}

const isList = ({ kind }: TypeDescription) => kind === 'array'

/** For values that are replaced whole. */
const wholeOnly = (whole: JsonWriter['whole']): JsonWriter => ({
  whole,
  patch: (before, after) => (differs(before, after) ? whole(after) : undefined),
})

const LEAF = wholeOnly((tree) => (typeof tree === 'number' ? String(tree) : JSON.stringify(tree)))

function arrayWriter(of: JsonWriter): JsonWriter {
  return wholeOnly((tree) => `[${(tree as readonly Tree[]).map((element) => of.whole(element)).join(',')}]`)
}

function objectWriter({ fields }: ObjectDescription): JsonWriter {
  const names = Object.keys(fields).map((name) => `${JSON.stringify(name)}:`)
  const writers = Object.values(fields).map((field) => writerOf(field))
  return {
    whole: (tree) => {
      let text = ''
      const trees = tree as readonly (Tree | undefined)[]
      writers.forEach((writer, i) => {
        const field = trees[i]
        if (field !== undefined) text += `,${names[i]}${writer.whole(field)}`
      })
      return `{${text.slice(1)}}`
    },
    patch: (before, after) => {
      let text = ''
      const from = before as readonly (Tree | undefined)[]
      const to = after as readonly (Tree | undefined)[]
      for (let i = 0; i < writers.length; i++) {
        const change = from[i] === to[i] ? undefined : changeOf(writers[i], from[i], to[i])
        if (change !== undefined) text += `,${names[i]}${change}`
      }
      return text === '' ? undefined : `{${text.slice(1)}}`
    },
  }
}

function changeOf(
  writer: JsonWriter | undefined,
  before: Tree | undefined,
  after: Tree | undefined,
): string | undefined {
  if (after === undefined) return before === undefined ? undefined : 'null'
  return before === undefined ? writer?.whole(after) : writer?.patch(before, after)
}

function mapWriter(of: JsonWriter): JsonWriter {
  return {
    whole: (tree) => {
      let text = ''
      const { keys, values } = tree as MapTree
      const names = keys.json
      for (const [i, value] of values.entries()) text += `,${names[i]}${of.whole(value)}`
      return `{${text.slice(1)}}`
    },
    patch: (before, after) => mapPatch(of, before as MapTree, after as MapTree),
  }
}

function mapPatch(of: JsonWriter, before: MapTree, after: MapTree): string | undefined {
  let text = ''
  const [from, to] = [before.values, after.values]
  const same = before.keys === after.keys ? undefined : sameKeys(before.keys, after.keys)
  if (same !== undefined) {
    const isThere = new Set(same)
    before.keys.list.forEach((_key, i) => {
      if (!isThere.has(i)) text += `,${before.keys.json[i]}null`
    })
  }
  for (let i = 0; i < to.length; i++) {
    const was = from[same === undefined ? i : (same[i] ?? -1)]
    const is = to[i]
    if (was === is) continue
    const change = changeOf(of, was, is)
    if (change !== undefined) text += `,${after.keys.json[i]}${change}`
  }
  return text === '' ? undefined : `{${text.slice(1)}}`
}

const wholeJson = (tree: Tree): string => {
  if (typeof tree !== 'object') return LEAF.whole(tree)
  return tree instanceof MapTree ? JSON_MAPS.whole(tree) : JSON_ARRAYS.whole(tree)
}

/** The writer for `json`. */
export const JSON_WRITER: JsonWriter = {
  whole: wholeJson,
  patch: (before, after) =>
    before instanceof MapTree && after instanceof MapTree
      ? JSON_MAPS.patch(before, after)
      : differs(before, after)
        ? wholeJson(after)
        : undefined,
}
const JSON_MAPS = mapWriter(JSON_WRITER)
const JSON_ARRAYS = arrayWriter(JSON_WRITER)
