import t from 'tap'
import { readVectors } from '../../../src/conformance/vectors.ts'
import { applyBinaryPatch } from '../../../src/games/sync/apply-binary.ts'
import { applyMergePatch } from '../../../src/games/sync/apply-merge.ts'
import { binaryPatchOf } from '../../../src/games/sync/binary-patch.ts'
import { hashValue } from '../../../src/games/sync/hash.ts'
import { mergePatchOf } from '../../../src/games/sync/merge-patch.ts'
import { PatchFault } from '../../../src/games/sync/patch-fault.ts'
import { shapeOf } from '../../../src/games/sync/shape.ts'
import { hashOf } from '../../../src/games/sync/tree-hash.ts'
import { parseType } from '../../../src/games/types.ts'

const bytesOf = (hex: string) => new Uint8Array(Buffer.from(hex, 'hex'))
// As text, as tap takes a key named `constructor` for what the object is.
const textOf = (value: unknown) => JSON.stringify(value)

t.test('patches have the bytes of the vectors, and are applied to the values there', async (t) => {
  for (const vector of readVectors('game-patches')) {
    const { name, before, after } = vector
    const type = parseType(vector.type)
    const shape = shapeOf<unknown>(type)
    const from = before === undefined ? undefined : shape.freeze(undefined, before)
    const to = shape.freeze(undefined, after)
    t.equal(textOf(shape.thaw(to)), textOf(after), `${name}: the value is snapped`)
    t.equal(mergePatchOf(shape, from, to), vector.merge, `${name}: JSON`)
    t.equal(Buffer.from(binaryPatchOf(shape, from, to)).toString('hex'), vector.binary, `${name}: binary`)
    t.equal(hashOf(shape, to), vector.hash, `${name}: hash`)
    const merged = applyMergePatch(before, JSON.parse(vector.merge))
    t.equal(hashValue(merged), vector.hash, `${name}: applied, JSON`)
    const binary = applyBinaryPatch(type, before, bytesOf(vector.binary))
    t.equal(hashValue(binary), vector.hash, `${name}: applied, binary`)
    if (!textOf(type).includes('"json"')) t.equal(textOf(binary), textOf(after), `${name}: in its order`)
  }
})

t.test('a binary patch that does not fit is refused', async (t) => {
  for (const { name, type, before, binary } of readVectors('refused-game-patches')) {
    const was = textOf(before)
    t.throws(() => applyBinaryPatch(parseType(type), before, bytesOf(binary)), PatchFault, name)
    t.equal(textOf(before), was, `${name}: nothing is changed`)
  }
})
