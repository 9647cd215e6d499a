import type { TypeDescription } from '../types.ts'
import type { ByteWriter } from './byte-writer.ts'
import type { Fixed } from './fixed.ts'
import type { Tree } from './tree.ts'
import { WHOLE_FOLLOWS, widthOf, wireNumbersOf } from './wire.ts'

export interface LeafWriter {
  whole(out: ByteWriter, value: Tree): void
  change(out: ByteWriter, before: Tree, after: Tree): void
}

const wholeOnly = (whole: LeafWriter['whole']): LeafWriter => ({
  whole,
  change: (out, _before, after) => whole(out, after),
})

const BOOLEAN = wholeOnly((out, value) => out.byte(value === true ? 1 : 0))
const FLOAT32 = wholeOnly((out, value) => out.float32(Number(value)))
const FLOAT64 = wholeOnly((out, value) => out.float64(Number(value)))
const TEXT = wholeOnly((out, value) => out.text(value as string))
const NOTHING = wholeOnly(() => {})

/** Returns undefined if values of this type contain other values. */
export function leafWriterOf(type: TypeDescription): LeafWriter | undefined {
  const { kind } = type
  if (kind === 'boolean') return BOOLEAN
  if (kind === 'float32') return FLOAT32
  if (kind === 'float64') return FLOAT64
  if (kind === 'string') return TEXT
  if (kind === 'literal') return NOTHING
  if (kind === 'oneOf') {
    const { values } = type
    return wholeOnly((out, value) => out.varint(values.indexOf(value as string)))
  }
  const numbers = wireNumbersOf(type)
  return numbers === undefined ? undefined : new NumberWriter(numbers)
}

class NumberWriter implements LeafWriter {
  readonly #numbers: Fixed
  readonly #width: number

  constructor(numbers: Fixed) {
    this.#numbers = numbers
    this.#width = widthOf(numbers)
  }

  whole(out: ByteWriter, value: Tree): void {
    out.fixedWidth(this.#numbers.indexOf(value as number), this.#width)
  }

  change(out: ByteWriter, before: Tree, after: Tree): void {
    if (this.#width === 1) return this.whole(out, after)
    const difference = this.#numbers.indexOf(after as number) - this.#numbers.indexOf(before as number)
    const zigzag = difference < 0 ? -2 * difference - 1 : 2 * difference
    if (zigzag < 128) out.byte(zigzag)
    else if (zigzag < 16_384) out.twoBytes(128 | (zigzag >> 8), zigzag & 255)
    else {
      out.byte(WHOLE_FOLLOWS)
      this.whole(out, after)
    }
  }
}
