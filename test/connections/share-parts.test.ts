import t from 'tap'
import type { Connection } from '../../src/connections/connection.ts'
import { ShareParts } from '../../src/connections/share-parts.ts'

function setUp() {
  const parts = new Map<number, number>()
  const told: string[] = []
  const shareParts = new ShareParts((key, count, workers) => {
    told.push(`${key} ${count} ${workers.join()}`)
    for (const worker of workers) parts.set(worker, count)
  })
  const at = (worker: number) => ({ shareKey: 'alice', worker }) as Connection
  return { shareParts, at, told, parts }
}

t.test('each worker is told when another one has the user, too, or no more', async (t) => {
  const { shareParts, at, told } = setUp()
  shareParts.added(at(1))
  shareParts.added(at(1))
  t.strictSame(told, [], 'one worker has all of it')
  shareParts.added(at(2))
  shareParts.added(at(2))
  shareParts.added(at(3))
  t.strictSame(told.splice(0), ['alice 2 1,2', 'alice 3 1,2,3'])
  shareParts.removed(at(2))
  t.strictSame(told.splice(0), [], 'it has another connection')
  shareParts.removed(at(2))
  t.strictSame(told.splice(0), ['alice 2 1,3', 'alice 1 2'])
  for (const worker of [1, 1, 3]) shareParts.removed(at(worker))
  t.strictSame(told, ['alice 1 3', 'alice 1 1'])
})

t.test('connections of other nodes do not count', async (t) => {
  const { shareParts, told } = setUp()
  shareParts.added({ worker: 1 } as Connection)
  shareParts.removed({ worker: 1 } as Connection)
  t.strictSame(told, [])
})

t.test('the parts of those who have it are never more than one share, whatever comes and goes', async (t) => {
  const { shareParts, at, parts } = setUp()
  const there: number[] = []
  let seed = 7
  for (let i = 0; i < 2_000; i++) {
    seed = (seed * 16_807) % 2_147_483_647
    const worker = seed % 5
    if (seed % 2 === 0 || there.length === 0) {
      there.push(worker)
      shareParts.added(at(worker))
    } else {
      const [left = 0] = there.splice(seed % there.length, 1)
      shareParts.removed(at(left))
    }
    const having = new Set(there)
    const sum = [...having].reduce((all, one) => all + 1 / (parts.get(one) ?? 1), 0)
    if (having.size > 0 && Math.abs(sum - 1) > 1e-9) t.fail(`${sum} shares after ${i} steps`)
  }
  t.pass()
})
