import path from 'node:path'
import t from 'tap'
import { readDataFile } from '../../src/config/data-file.ts'
import { parseGoods } from '../../src/ledger/goods.ts'

const GOODS_FILE = path.resolve(import.meta.dirname, '../../config/goods.yaml')
const FIELDS = new Set(['id', 'name', 'price', 'currency', 'stock', 'per_user_limit', 'sale_from', 'sale_until'])

t.test("the package's goods are well-formed, and show each kind of limit", async (t) => {
  const { goods } = readDataFile(GOODS_FILE) as { goods: Record<string, unknown>[] }
  for (const good of goods) {
    t.match(good, { id: /^[A-Za-z0-9_-]{1,64}$/, name: /./, currency: /^[a-z]+$/ })
    t.ok(Number.isSafeInteger(good.price), `price of ${String(good.id)}`)
    for (const field of Object.keys(good)) t.ok(FIELDS.has(field), field)
  }
  t.equal(new Set(goods.map(({ id }) => id)).size, goods.length)
  t.ok(goods.some(({ stock }) => typeof stock === 'number'))
  t.ok(goods.some((good) => typeof good.per_user_limit === 'number'))
  t.ok(new Set(goods.map(({ currency }) => currency)).size > 1)
})

t.test('YAML, TOML and JSON say the same thing', async (t) => {
  const folder = t.testdir({
    'a.yaml': 'goods: [{ id: a }]',
    'a.toml': '[[goods]]\nid = "a"',
    'a.JSON': '{"goods":[{"id":"a"}]}',
  })
  for (const name of ['a.yaml', 'a.toml', 'a.JSON']) {
    t.same(readDataFile(path.join(folder, name)), { goods: [{ id: 'a' }] }, name)
  }
})

t.test('a good that could never be on sale is refused with its place', async (t) => {
  const good = { id: 'axe', name: 'Axe', price: 3, currency: 'gold', sale_from: 2000, sale_until: 1999 }
  t.throws(() => parseGoods({ goods: [good] }), /goods\[0\]\.sale_until/)
})

t.test('a key that is there twice is a mistake in each of them', async (t) => {
  const json = '{"goods":[{"id":"axe","price":1,"price":500}]}'
  const folder = t.testdir({
    'a.json': json,
    'a.yaml': json,
    'a.toml': '[[goods]]\nid = "axe"\nprice = 1\nprice = 500',
  })
  for (const name of ['a.json', 'a.yaml', 'a.toml']) {
    t.throws(() => readDataFile(path.join(folder, name)), { name: 'DataFileError' }, name)
  }
})

t.test('a file that is absent, broken or of another kind is a DataFileError that names it', async (t) => {
  const folder = t.testdir({ 'a.yaml': 'a: [', 'a.toml': 'a = ', 'a.json': '{', 'a.txt': 'a' })
  for (const name of ['a.yaml', 'a.toml', 'a.json', 'a.txt', 'absent.yaml']) {
    const file = path.join(folder, name)
    t.throws(() => readDataFile(file), { name: 'DataFileError', message: file }, name)
  }
})
