import type { TypeDescription } from '../types.ts'
import { Fixed } from './fixed.ts'
import { WHOLE_NUMBERS } from './numbers.ts'

/** The first byte of a changed number: below 0x80 a difference of 7 bits, below 0xC0 the upper 6 bits of one of 14, and this: a whole k. */
export const WHOLE_FOLLOWS = 0xc0

/** The numbers of a type of whole or fixed numbers, which are written as their k. Returns undefined for another type. */
export function wireNumbersOf(type: TypeDescription): Fixed | undefined {
  const { kind } = type
  if (kind === 'fixed') return new Fixed(type)
  const isWhole = Object.hasOwn(WHOLE_NUMBERS, kind)
  return isWhole ? new Fixed({ step: 1, ...WHOLE_NUMBERS[kind as keyof typeof WHOLE_NUMBERS] }) : undefined
}

/** Bytes of a k, little-endian. A single byte is always written whole; of longer ones a change is the difference if it is small. */
export function widthOf({ steps }: Fixed): number {
  let width = 1
  while (steps >= 256 ** width) width++
  return width
}

/** The mask of all of so many fields: a bit for each, the lowest of the first byte first. */
export function allBits(fields: number): Uint8Array {
  return Uint8Array.from({ length: Math.ceil(fields / 8) }, (_byte, i) => 255 >> Math.max(0, 8 * i + 8 - fields))
}

/** What became of an optional field. */
export const OPTIONAL = { removed: 0, patched: 1, whole: 2 } as const

/** The parts of the number that a map's change starts with. */
export const MAP = { removed: 1, added: 2, group: 4 } as const

/** The first byte of a group: 4 bits of entries that are skipped, 3 of its length - 1, 1 that the mask is as before. The largest: more follows. */
export const GROUP = { gapMax: 15, lengthMax: 7 } as const
