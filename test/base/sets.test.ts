import t from 'tap'
import { MultiMap } from '../../src/base/multi-map.ts'
import { SmallSet } from '../../src/base/small-set.ts'

t.test('a small set is a set', async (t) => {
  const set = new SmallSet<string>(['a', 'b', 'a'])
  t.strictSame([...set], ['a', 'b'])
  set.add('b')
  set.add('c')
  t.equal(set.size, 3)
  t.ok(set.delete('a'))
  t.notOk(set.delete('a'), 'it is not there any more')
  t.strictSame([...set], ['b', 'c'])
  t.notOk(set.has('a'))
  set.clear()
  t.equal(set.size, 0)
  t.strictSame([...set], [])
  t.strictSame([...new SmallSet()], [])
})

t.test('what is deleted while one looks is still seen, and nothing is left out', async (t) => {
  const set = new SmallSet([1, 2, 3])
  const seen: number[] = []
  for (const item of set) {
    seen.push(item)
    set.delete(item)
  }
  t.strictSame(seen, [1, 2, 3])
  t.equal(set.size, 0)
})

t.test('a multimap holds none, one and several values of a key', async (t) => {
  const [a, b, c] = [{}, {}, {}]
  const map = new MultiMap<string, object>()
  t.equal(map.count('k'), 0)
  t.strictSame([...map.of('k')], [])
  map.add('k', a)
  map.add('k', a)
  t.equal(map.count('k'), 1)
  map.add('k', b)
  map.add('k', c)
  map.add('other', a)
  t.strictSame([...map.of('k')], [a, b, c])
  t.equal(map.count('k'), 3)
  map.delete('k', b)
  map.delete('k', b)
  t.equal(map.count('k'), 2)
  map.delete('k', a)
  map.delete('k', c)
  t.equal(map.count('k'), 0)
  t.equal(map.count('other'), 1)
  map.delete('other', b)
  t.equal(map.count('other'), 1, 'another one was not there')
  map.delete('other', a)
  t.equal(map.count('other'), 0)
})
