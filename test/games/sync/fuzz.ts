import { compileFunction } from 'node:vm'
import { applyBinaryPatch } from '../../../src/games/sync/apply-binary.ts'
import { applyMergePatch } from '../../../src/games/sync/apply-merge.ts'
import { binaryPatchOf } from '../../../src/games/sync/binary-patch.ts'
import { compileShapes } from '../../../src/games/sync/compiled-update.ts'
import { frozenOf } from '../../../src/games/sync/frozen.ts'
import { hashValue } from '../../../src/games/sync/hash.ts'
import { mergePatchOf } from '../../../src/games/sync/merge-patch.ts'
import { shapeOf, type Shape, type Tree } from '../../../src/games/sync/shape.ts'
import { PatchFault } from '../../../src/games/sync/patch-fault.ts'
import { hashOf } from '../../../src/games/sync/tree-hash.ts'
import { parseType, type Json, type TypeDescription } from '../../../src/games/types.ts'
import { equals, merged, snapped } from './model.ts'
import { RandomTypes } from './random-types.ts'

/** Pairs of values for each type. */
const PAIRS = 6

/** Damaged patches for one that is damaged at all. */
const DAMAGES = 5

/** Thrown with the seed: `fuzz(seed, seed)` repeats it. */
export class Found extends Error {}

/** A server compiles the shapes of its games. */
export function compileAll(): void {
  compileShapes((parameters, body): unknown => compileFunction(body, [...parameters]))
}

/** Tries the types of the seeds `from` to `to` with pairs of values. Returns how many pairs there were. @throws Found */
export function fuzz(from: number, to: number): number {
  let pairs = 0
  for (let seed = from; seed <= to; seed++) pairs += new Match(seed).play()
  return pairs
}

/** One type; a live state that changes, and clients that follow it. */
class Match {
  readonly #seed: number
  readonly #random: RandomTypes
  readonly #type: TypeDescription
  readonly #shape: Shape<Json>
  #live: Json
  #model: Json
  #tree: Tree
  #client: unknown
  #binaryClient: unknown

  constructor(seed: number) {
    this.#seed = seed
    this.#random = new RandomTypes(seed)
    this.#type = parseType(JSON.parse(JSON.stringify(this.#random.stateType())))
    this.#shape = shapeOf<Json>(this.#type)
    this.#live = this.#random.value(this.#type)
    this.#model = snapped(this.#type, this.#live)
    this.#tree = this.#shape.freeze(undefined, this.#live)
    this.#client = JSON.parse(mergePatchOf(this.#shape, undefined, this.#tree))
    this.#binaryClient = applyBinaryPatch(this.#type, undefined, binaryPatchOf(this.#shape, undefined, this.#tree))
  }

  play(): number {
    for (let pair = 0; pair < PAIRS; pair++) {
      this.#look()
      if (this.#random.chance(0.3)) this.#live = this.#shape.thaw(this.#tree)
      const next = this.#random.change(this.#type, this.#live)
      // The root of a state is an object.
      if (typeof next !== 'object' || Array.isArray(next)) return pair
      this.#step(next)
    }
    this.#look()
    return PAIRS
  }

  #step(next: Json): void {
    const shape = this.#shape
    const before = this.#tree
    const was = shape.thaw(before)
    this.#live = next
    this.#model = snapped(this.#type, next)
    const isAsBefore = shape.isSame(before, next)
    this.#tree = shape.freeze(before, next)
    this.#expect(!isAsBefore || this.#tree === before, 'what is the same has the same tree')
    this.#expect(equals(shape.thaw(before), was, true), 'a tree stays as it is')
    const fresh = shape.freeze(undefined, shape.thaw(this.#tree))
    this.#expect(equals(shape.thaw(fresh), shape.thaw(this.#tree), true), 'a tree from nothing is equal')
    this.#expect(hashOf(shape, fresh) === hashOf(shape, this.#tree), 'and has the same hash')
    this.#mergePatch(before)
    this.#binaryPatch(before)
  }

  #mergePatch(before: Tree): void {
    const patch = JSON.parse(mergePatchOf(this.#shape, before, this.#tree)) as Json
    const expected = merged(this.#client as Json, patch)
    const was = JSON.stringify(this.#client)
    const after = applyMergePatch(this.#client, patch)
    this.#expect(JSON.stringify(this.#client) === was, 'nothing is changed in place')
    this.#expect(equals(after, expected, false), 'the patch is applied as RFC 7396 says')
    this.#client = after
  }

  #binaryPatch(before: Tree): void {
    const patch = binaryPatchOf(this.#shape, before, this.#tree)
    const was = JSON.stringify(this.#binaryClient)
    const after = applyBinaryPatch(this.#type, this.#binaryClient, patch)
    this.#expect(JSON.stringify(this.#binaryClient) === was, 'nothing is changed in place')
    if (this.#random.chance(0.1)) this.#damage(patch)
    this.#binaryClient = after
  }

  /** Whatever stands in a patch: a value comes of it, or a PatchFault. */
  #damage(patch: Uint8Array): void {
    for (let round = 0; round < DAMAGES; round++) {
      const bytes = patch.slice(0, this.#random.chance(0.3) ? this.#random.below(patch.length) : patch.length)
      const changes = 1 + this.#random.below(3)
      for (let i = 0; i < changes && bytes.length > 0; i++) {
        bytes[this.#random.below(bytes.length)] = this.#random.chance(0.2) ? 255 : this.#random.below(256)
      }
      try {
        applyBinaryPatch(this.#type, this.#random.chance(0.2) ? undefined : this.#binaryClient, bytes)
      } catch (error) {
        this.#expect(error instanceof PatchFault, `a damaged patch throws PatchFault, not ${String(error)}`)
      }
    }
    this.#expect(Object.keys(Object.prototype).length === 0, 'nothing gets into the prototype of objects')
  }

  /** What has to hold at all times. */
  #look(): void {
    const shape = this.#shape
    this.#expect(equals(shape.thaw(this.#tree), this.#model, false), 'thaw gives the snapped value')
    this.#expect(equals(this.#live, this.#model, false), 'the live value was snapped')
    this.#expect(shape.isSame(this.#tree, this.#live), 'the live value is what the tree says')
    this.#expect(shape.freeze(this.#tree, this.#live) === this.#tree, 'no change, no new tree')
    const frozen = frozenOf(shape, this.#tree)
    this.#expect(equals(frozen, shape.thaw(this.#tree), true), 'a frozen value is what thaw gives')
    this.#expect(isFrozen(frozen), 'at every depth')
    this.#expect(equals(this.#client, this.#model, false), 'the JSON client has the value')
    this.#expect(hashOf(shape, this.#tree) === hashValue(this.#client), 'the JSON client has the hash')
    // In JSON the order of keys may be another.
    const isJson = JSON.stringify(this.#type).includes('"kind":"json"')
    this.#expect(
      equals(this.#binaryClient, this.#shape.thaw(this.#tree), !isJson),
      'the binary client has the value in its order',
    )
  }

  #expect(isSo: boolean, what: string): void {
    if (!isSo) throw new Found(`seed ${this.#seed}: not so: ${what}; type ${JSON.stringify(this.#type).slice(0, 2000)}`)
  }
}

function isFrozen(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return true
  return Object.isFrozen(value) && Object.values(value).every((part) => isFrozen(part))
}
