import { NO_CHANGE, type BinaryWriter, type Mask } from './binary-writer.ts'
import type { ByteWriter } from './byte-writer.ts'
import { differs } from './differs.ts'
import { keptKeys, type Keys, type MapTree, type Tree } from './tree.ts'
import { GROUP, MAP } from './wire.ts'

export class MapWriter implements BinaryWriter {
  readonly hasMask = false
  readonly all = 1
  readonly #of: BinaryWriter

  constructor(of: BinaryWriter) {
    this.#of = of
  }

  whole(out: ByteWriter, tree: Tree): void {
    const { keys, values } = tree as MapTree
    out.varint(values.length)
    for (const [i, value] of values.entries()) {
      out.text(keys.list[i] ?? '')
      this.#of.whole(out, value)
    }
  }

  maskOf(before: Tree, after: Tree): Mask {
    return differs(before, after) ? 1 : NO_CHANGE
  }

  mask(): void {
    // A map has no mask.
  }

  change(out: ByteWriter, before: Tree, after: Tree): void {
    const [from, to] = [before as MapTree, after as MapTree]
    const head = out.reserve()
    const kept = from.keys === to.keys ? undefined : keptKeys(from.keys, to.keys)
    let flags = 0
    if (kept !== undefined) {
      const added = kept.reduce((count, index) => (index === -1 ? count + 1 : count), 0)
      const removed = from.keys.list.length + added - kept.length
      if (removed > 0) writeRemoved(out, from.keys, kept, removed)
      if (added > 0) this.#writeAdded(out, to, kept, added)
      flags = (removed > 0 ? MAP.removed : 0) + (added > 0 ? MAP.added : 0)
    }
    out.fill(head, this.#writeGroups(out, from, to, kept) * MAP.group + flags)
  }

  #writeAdded(out: ByteWriter, { keys, values }: MapTree, kept: Int32Array, count: number): void {
    out.varint(count)
    let next = 0
    for (const [i, value] of values.entries()) {
      if (kept[i] !== -1) continue
      out.varint(i - next)
      out.text(keys.list[i] ?? '')
      this.#of.whole(out, value)
      next = i + 1
    }
  }

  /** Writes groups of neighbouring entries that have the same mask. Returns how many groups there are. */
  #writeGroups(out: ByteWriter, from: MapTree, to: MapTree, kept: Int32Array | undefined): number {
    const of = this.#of
    const was = from.values
    const is = to.values
    const count = is.length
    let groups = 0
    let end = 0
    let lastMask = of.all
    let i = 0
    while (i < count) {
      if (kept === undefined && was[i] === is[i]) {
        i++
        continue
      }
      const mask = this.#maskAt(i, was, is, kept)
      if (mask === NO_CHANGE) {
        i++
        continue
      }
      const first = i
      do i++
      while (i < count && this.#maskAt(i, was, is, kept) === mask)
      writeGroupHead(out, first - end, i - first, mask === lastMask)
      if (mask !== lastMask) of.mask(out, mask)
      for (let at = first; at < i; at++) {
        const before = was[kept === undefined ? at : (kept[at] ?? -1)]
        const after = is[at]
        if (before !== undefined && after !== undefined) of.change(out, before, after, mask)
      }
      lastMask = mask
      end = i
      groups++
    }
    return groups
  }

  #maskAt(i: number, was: readonly Tree[], is: readonly Tree[], kept: Int32Array | undefined): Mask {
    const before = was[kept === undefined ? i : (kept[i] ?? -1)]
    const after = is[i]
    // An added entry counts as unchanged here.
    return before === after || before === undefined || after === undefined ? NO_CHANGE : this.#of.maskOf(before, after)
  }
}

function writeRemoved(out: ByteWriter, before: Keys, kept: Int32Array, count: number): void {
  out.varint(count)
  let next = 0
  let index = 0
  const writeUpTo = (end: number) => {
    for (; index < end; index++) {
      out.varint(index - next)
      next = index + 1
    }
    index = end + 1
  }
  for (const keptIndex of kept) if (keptIndex !== -1) writeUpTo(keptIndex)
  writeUpTo(before.list.length)
}

function writeGroupHead(out: ByteWriter, gap: number, length: number, isSameMask: boolean): void {
  const gapBits = Math.min(gap, GROUP.gapMax)
  const lengthBits = Math.min(length - 1, GROUP.lengthMax)
  out.byte((gapBits << 4) | (lengthBits << 1) | (isSameMask ? 1 : 0))
  if (gapBits === GROUP.gapMax) out.varint(gap - GROUP.gapMax)
  if (lengthBits === GROUP.lengthMax) out.varint(length - 1 - GROUP.lengthMax)
}
