import type { ByteWriter } from './byte-writer.ts'
import type { Tree } from './tree.ts'

/**
 * What differs. For an object it has a bit for each field, as a number; or as a string of 8 bits per character if there are too
 * many fields. For all other values it is 1.
 */
export type Mask = number | string

export const NO_CHANGE = 0

/** Writes the trees of one type. */
export interface BinaryWriter {
  /** Whether `mask` writes anything. */
  readonly hasMask: boolean
  whole(out: ByteWriter, tree: Tree): void
  /** Returns NO_CHANGE if both are the same value. */
  maskOf(before: Tree, after: Tree): Mask
  /** The mask that says that everything changed. The first group of a map's patch is compared with it. */
  readonly all: Mask
  /** Writes the mask: `ceil(fields / 8)` bytes for an object, nothing for other values. */
  mask(out: ByteWriter, mask: Mask): void
  /** Writes the change that `mask` names. */
  change(out: ByteWriter, before: Tree, after: Tree, mask: Mask): void
}
