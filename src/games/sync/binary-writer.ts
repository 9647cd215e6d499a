import type { ByteWriter } from './byte-writer.ts'
import type { Tree } from './tree.ts'

/** What differs: for an object a bit for each field, as a number, or if there are too many as text of 8 bits a character; else 1. */
export type Mask = number | string

export const NO_CHANGE = 0

/** Writes the trees of one type. */
export interface BinaryWriter {
  /** Whether `mask` writes anything. */
  readonly hasMask: boolean
  whole(out: ByteWriter, tree: Tree): void
  /** Returns NO_CHANGE if both are the same value. */
  maskOf(before: Tree, after: Tree): Mask
  /** The mask of a change of everything: what the first group of a map's patch is compared with. */
  readonly all: Mask
  /** Writes the mask: `ceil(fields / 8)` bytes for an object, else none. */
  mask(out: ByteWriter, mask: Mask): void
  /** Writes the change that `mask` names. */
  change(out: ByteWriter, before: Tree, after: Tree, mask: Mask): void
}
