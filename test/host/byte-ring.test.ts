import t from 'tap'
import { ByteRing } from '../../src/host/byte-ring.ts'
import { createChance } from '../helpers/house/chance.ts'

/** Each item is filled with a number of its own. */
function contentOf(ring: ByteRing): readonly (readonly number[])[] {
  return ring.items().map(({ at, bytes }) => Array.from(new Uint8Array(ring.view.buffer, at, bytes)))
}

t.test('what is read is the newest of what was written, whole and in its order', async (t) => {
  let read = 0
  for (let seed = 0; seed < 200; seed++) {
    const chance = createChance(seed)
    const size = chance.integer(1, 200)
    const ring = new ByteRing(size)
    let expected: (readonly number[])[] = []
    for (let i = 0; i < 100; i++) {
      const bytes = chance.integer(0, chance.happens(0.1) ? size + 10 : Math.ceil(size / 4))
      const at = ring.add(bytes)
      if (bytes + 4 > size) {
        if (at !== undefined) throw new Error(`seed ${seed}: ${bytes} bytes were taken into ${size}`)
      } else {
        new Uint8Array(ring.view.buffer).fill(i, at, Number(at) + bytes)
        expected = [...expected, Array.from({ length: bytes }, () => i)]
      }
      const found = contentOf(ring)
      read += found.length
      const newest = expected.slice(expected.length - found.length)
      if (JSON.stringify(found) !== JSON.stringify(newest) || (at !== undefined && found.length === 0))
        throw new Error(`seed ${seed}, item ${i}: ${JSON.stringify(found)} is not ${JSON.stringify(newest)}`)
    }
  }
  t.ok(read > 50_000, `${read} items were read`)
})

t.test('what fits is kept', async (t) => {
  const ring = new ByteRing(100)
  const add = (bytes: number) => ring.add(bytes) !== undefined
  t.ok([21, 21, 21, 21].every(add))
  t.equal(ring.items().length, 4, 'four of 25 bytes fill it')
  t.ok(add(21))
  t.equal(ring.items().length, 4, 'a fifth takes the place of the first')
  t.ok(add(96))
  t.equal(ring.items().length, 1, 'one that is as large as the ring is there alone')
  t.notOk(add(97))
  t.equal(ring.items().length, 1, 'one that is larger changes nothing')
})
