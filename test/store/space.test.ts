import { existsSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { Space } from '../../src/store/lmdb/space.ts'
import { openAt } from './damage.ts'

const MEBIBYTE = 1024 * 1024
const KEYS = Array.from({ length: 400 }, (_, i) => `state/${i}`)
const put = (bytes: number) => ({ puts: [{ key: 'k', value: Buffer.alloc(bytes) }], durable: true })
const EVENT = { log: [{ channel: 'n/private' as never, body: Buffer.alloc(1000) }], durable: false }
const DELETE = { deletes: ['k'], guards: [{ key: 'k', revision: 1 }], durable: true }

t.test('deletes have room when changes have none, and their pages are room for changes', async (t) => {
  const folder = t.testdir()
  const store = await openAt(folder, 'boot-1')
  for (const key of KEYS) await store.commit({ puts: [{ key, value: Buffer.alloc(15_000) }], durable: true })
  let free = 3 * MEBIBYTE
  const space = new Space(folder, () => free)
  t.throws(() => space.require(put(15_000)), { message: /^the disk has .* MiB left/ })
  t.strictSame(space.require(EVENT), { mayLogGrow: false }, 'the oldest events give way')
  t.strictSame(space.require(DELETE), { mayLogGrow: false })
  // The newest version of a page may be read by somebody: pages are free after the next commits.
  for (const key of KEYS) await store.commit({ deletes: [key], durable: true })
  t.strictSame(space.require(put(15_000)), { mayLogGrow: false }, 'there is room within the file')
  t.throws(() => space.require(put(8 * MEBIBYTE)), { message: /^the disk has .* MiB left/ })
  free = MEBIBYTE
  t.throws(() => space.require(put(100)), { message: 'the disk has 1.0 MiB left, and 1.5 MiB are needed' })
  t.throws(() => space.require(EVENT), { message: /^the disk has .* MiB left/ })
  space.require(DELETE)
  free = 0.4 * MEBIBYTE
  t.throws(() => space.require(DELETE), { message: /^the disk has .* MiB left/ })
  free = 100 * MEBIBYTE
  t.strictSame(space.require(put(15_000)), { mayLogGrow: true })
  await store.close()
})

t.test('what the server keeps for deletes is let go when others have taken the rest, and is made again', async (t) => {
  const folder = t.testdir()
  const store = await openAt(folder, 'boot-1')
  await store.close()
  const isThere = () => existsSync(join(folder, 'reserve'))
  let free = 100 * MEBIBYTE
  // As the disk would have it.
  const space = new Space(folder, () => free + (isThere() ? 0 : 2 * MEBIBYTE))
  space.open()
  t.ok(isThere())
  free = 0
  space.require(DELETE)
  t.notOk(isThere())
  t.throws(() => space.require(put(100)), { message: /^the disk has .* MiB left/ })
  free = 100 * MEBIBYTE
  space.require(put(100))
  t.ok(isThere())
})
