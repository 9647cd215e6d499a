import type { TypeDescription } from '../types.ts'
import { Fixed } from './fixed.ts'
import { WHOLE_NUMBERS } from './numbers.ts'

/**
 * The first byte of a changed number. Below 0x80 it is a difference of 7 bits. Below 0xC0 it is the upper 6 bits of a difference
 * of 14 bits. This value says that a whole k follows.
 */
export const WHOLE_FOLLOWS = 0xc0

/** For types whose numbers are written as their k. Returns undefined for other types. */
export function wireNumbersOf(type: TypeDescription): Fixed | undefined {
  const { kind } = type
  if (kind === 'fixed') return new Fixed(type)
  const isWhole = Object.hasOwn(WHOLE_NUMBERS, kind)
  return isWhole ? new Fixed({ step: 1, ...WHOLE_NUMBERS[kind as keyof typeof WHOLE_NUMBERS] }) : undefined
}

/**
 * How many bytes a k takes, little-endian. A single byte is always written whole. A change of a longer k is written as a
 * difference if that is small.
 */
export function widthOf({ steps }: Fixed): number {
  let width = 1
  while (steps >= 256 ** width) width++
  return width
}

/** The mask with all of so many bits set. The first field has the lowest bit of the first byte. */
export function allBits(fields: number): Uint8Array {
  return Uint8Array.from({ length: Math.ceil(fields / 8) }, (_byte, i) => 255 >> Math.max(0, 8 * i + 8 - fields))
}

/** What happened to an optional field. */
export const OPTIONAL = { removed: 0, patched: 1, whole: 2 } as const

/** Flags in the number that begins the change of a map. */
export const MAP = { removed: 1, added: 2, group: 4 } as const

/**
 * The first byte of a group: 4 bits for how many entries are skipped, 3 for its length - 1, and 1 if the mask is the same as
 * before. If a field has its largest value, more follows.
 */
export const GROUP = { gapMax: 15, lengthMax: 7 } as const
