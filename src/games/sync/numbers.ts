import type { NumberKind } from '../types.ts'

interface WholeNumbers {
  readonly min: number
  readonly max: number
}

const signed = (bits: number): WholeNumbers => ({ min: -(2 ** (bits - 1)), max: 2 ** (bits - 1) - 1 })
const unsigned = (bits: number): WholeNumbers => ({ min: 0, max: 2 ** bits - 1 })

/** The ranges of the kinds of whole numbers. */
export const WHOLE_NUMBERS: Readonly<Record<Exclude<NumberKind, 'float32' | 'float64'>, WholeNumbers>> = {
  int8: signed(8),
  int16: signed(16),
  int32: signed(32),
  uint8: unsigned(8),
  uint16: unsigned(16),
  uint32: unsigned(32),
}
