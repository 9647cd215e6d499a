import type { BinaryWriter, Mask } from './binary-writer.ts'
import { NO_CHANGE } from './binary-writer.ts'
import type { ByteWriter } from './byte-writer.ts'
import type { Tree } from './tree.ts'
import { allBits, OPTIONAL } from './wire.ts'

export interface FieldWriter {
  readonly writer: BinaryWriter
  readonly isOptional: boolean
  /** Whether a changed optional field is written as a change. If not, it is written whole. */
  readonly isPatched: boolean
}

type FieldTrees = readonly (Tree | undefined)[]

/** A mask of more bits is a string. */
const NUMBER_BITS = 30

export class ObjectWriter implements BinaryWriter {
  readonly hasMask = true
  readonly all: Mask
  readonly #fields: readonly FieldWriter[]
  readonly #writers: readonly BinaryWriter[]
  /** The length of a mask in bytes. */
  readonly #size: number

  constructor(fields: readonly FieldWriter[]) {
    this.#fields = fields
    this.#writers = fields.map(({ writer }) => writer)
    this.#size = Math.ceil(fields.length / 8)
    this.all =
      fields.length > NUMBER_BITS
        ? String.fromCharCode(...allBits(fields.length))
        : fields.reduce((mask, _field, i) => mask | (1 << i), 0)
  }

  whole(out: ByteWriter, tree: Tree): void {
    const trees = tree as FieldTrees
    for (const [i, { writer, isOptional }] of this.#fields.entries()) {
      const field = trees[i]
      if (isOptional) out.byte(field === undefined ? 0 : 1)
      if (field !== undefined) writer.whole(out, field)
    }
  }

  maskOf(before: Tree, after: Tree): Mask {
    if (before === after) return NO_CHANGE
    const from = before as FieldTrees
    const to = after as FieldTrees
    const writers = this.#writers
    if (writers.length > NUMBER_BITS) return this.#textMaskOf(from, to)
    let mask = 0
    for (let i = 0; i < writers.length; i++) if (fieldDiffers(writers[i], from[i], to[i])) mask |= 1 << i
    return mask
  }

  mask(out: ByteWriter, mask: Mask): void {
    for (let i = 0; i < this.#size; i++) {
      out.byte(typeof mask === 'number' ? (mask >> (8 * i)) & 255 : mask.charCodeAt(i))
    }
  }

  change(out: ByteWriter, before: Tree, after: Tree, mask: Mask): void {
    const from = before as FieldTrees
    const to = after as FieldTrees
    const fields = this.#fields
    for (let i = 0; i < fields.length; i++) {
      const bits = typeof mask === 'number' ? mask >> i : mask.charCodeAt(i >> 3) >> (i & 7)
      const field = fields[i]
      if ((bits & 1) === 0 || field === undefined) continue
      const [was, is] = [from[i], to[i]]
      if (field.isOptional || was === undefined || is === undefined) changeOptional(out, field, was, is)
      else changeOf(out, field.writer, was, is)
    }
  }

  #textMaskOf(before: FieldTrees, after: FieldTrees): Mask {
    const bytes = new Uint8Array(this.#size)
    for (let i = 0; i < this.#writers.length; i++) {
      if (fieldDiffers(this.#writers[i], before[i], after[i])) bytes[i >> 3] = (bytes[i >> 3] ?? 0) | (1 << (i & 7))
    }
    return bytes.some((byte) => byte !== 0) ? String.fromCharCode(...bytes) : NO_CHANGE
  }
}

function fieldDiffers(writer: BinaryWriter | undefined, before: Tree | undefined, after: Tree | undefined): boolean {
  // V8 compares numbers faster if this place sees only numbers.
  if (typeof before === 'number' && typeof after === 'number') return before !== after
  if (before === after) return false
  if (typeof before !== 'object' || typeof after !== 'object') return true
  return writer?.maskOf(before, after) !== NO_CHANGE
}

function changeOf(out: ByteWriter, writer: BinaryWriter, before: Tree, after: Tree): void {
  if (!writer.hasMask) return writer.change(out, before, after, 1)
  const mask = writer.maskOf(before, after)
  writer.mask(out, mask)
  writer.change(out, before, after, mask)
}

function changeOptional(out: ByteWriter, field: FieldWriter, before: Tree | undefined, after: Tree | undefined): void {
  if (after === undefined) return out.byte(OPTIONAL.removed)
  if (before !== undefined && field.isPatched) {
    out.byte(OPTIONAL.patched)
    return changeOf(out, field.writer, before, after)
  }
  out.byte(OPTIONAL.whole)
  field.writer.whole(out, after)
}
