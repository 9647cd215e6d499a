import type { ObjectDescription, TypeDescription } from '../types.ts'
import { leafWriterOf, type LeafWriter } from './binary-leaves.ts'
import { ByteWriter } from './byte-writer.ts'
import { differs } from './differs.ts'
import { MapWriter } from './binary-map.ts'
import { ObjectWriter } from './binary-object.ts'
import { NO_CHANGE, type BinaryWriter, type Mask } from './binary-writer.ts'
import { JSON_WRITER } from './merge-patch.ts'
import type { Shape } from './shape.ts'
import type { Tree } from './tree.ts'

const WRITERS = new WeakMap<TypeDescription, BinaryWriter>()
const out = new ByteWriter()

/**
 * Returns the bytes of the changes from one tree to the other, or of the whole value if there is no tree before. The format is
 * described in src/conformance/vectors/README.md.
 */
export function binaryPatchOf<T>({ type }: Shape<T>, before: Tree | undefined, after: Tree): Uint8Array {
  let writer = WRITERS.get(type)
  if (writer === undefined) WRITERS.set(type, (writer = writerOf(type)))
  // An earlier call may have thrown in the middle.
  out.clear()
  if (before === undefined) writer.whole(out, after)
  else {
    const mask = writer.maskOf(before, after)
    writer.mask(out, mask)
    writer.change(out, before, after, mask)
  }
  return out.take()
}

function writerOf(type: TypeDescription): BinaryWriter {
  const { kind } = type
  if (kind === 'object') return objectWriter(type)
  if (kind === 'array') return arrayWriter(writerOf(type.of))
  if (kind === 'map') return new MapWriter(writerOf(type.of))
  if (kind === 'record') return recordWriter(writerOf(type.of))
  if (kind === 'json') return JSON_TEXT
  const leaf = leafWriterOf(type)
  if (leaf === undefined) throw new TypeError(`${kind}: cannot stand here`)
  return new SingleWriter(leaf)
}

class SingleWriter implements BinaryWriter {
  readonly hasMask = false
  readonly all = 1
  readonly #leaf: LeafWriter

  constructor(leaf: LeafWriter) {
    this.#leaf = leaf
  }

  whole(out: ByteWriter, tree: Tree): void {
    this.#leaf.whole(out, tree)
  }

  maskOf(before: Tree, after: Tree): Mask {
    return before === after ? NO_CHANGE : 1
  }

  mask(): void {
    // A single value has no mask.
  }

  change(out: ByteWriter, before: Tree, after: Tree): void {
    this.#leaf.change(out, before, after)
  }
}

/** For values that are written whole if anything in them differs. */
const wholeOnly = (whole: BinaryWriter['whole']): BinaryWriter => ({
  whole,
  hasMask: false,
  all: 1,
  maskOf: (before, after) => (differs(before, after) ? 1 : NO_CHANGE),
  mask: () => {},
  change: (out, _before, after) => whole(out, after),
})

const JSON_TEXT: BinaryWriter = {
  ...wholeOnly((out, tree) => out.text(JSON_WRITER.whole(tree))),
  change: (out, before, after) => out.text(JSON_WRITER.patch(before, after) ?? '{}'),
}

function arrayWriter(of: BinaryWriter): BinaryWriter {
  return wholeOnly((out, tree) => {
    const elements = tree as readonly Tree[]
    out.varint(elements.length)
    for (const element of elements) of.whole(out, element)
  })
}

function recordWriter(of: BinaryWriter): BinaryWriter {
  const map = new MapWriter(of)
  return wholeOnly((out, tree) => map.whole(out, tree))
}

function objectWriter({ fields }: ObjectDescription): BinaryWriter {
  return new ObjectWriter(
    Object.values(fields).map((field) => {
      const isOptional = field.kind === 'optional'
      const of = isOptional ? field.of : field
      return { writer: writerOf(of), isOptional, isPatched: PATCHED.has(of.kind) }
    }),
  )
}

/** The kinds whose changes can be smaller than the whole value. */
const PATCHED: ReadonlySet<string> = new Set(['object', 'map', 'json'])
