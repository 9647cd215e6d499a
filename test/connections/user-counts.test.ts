import t from 'tap'
import { UserCounts } from '../../src/connections/user-counts.ts'
import type { UserId } from '../../src/protocol/ids.ts'

const id = (n: number) => `user-${String(n).padStart(3, '0')}` as UserId

t.test('pages go through all users once, in the order of their ids, with their connections', async (t) => {
  const users = new UserCounts()
  for (let i = 0; i < 500; i++) users.add(id((i * 311) % 250))
  for (let i = 0; i < 250; i += 5) users.remove(id(i))
  for (let i = 1; i < 250; i += 5) t.equal(users.remove(id(i)) + users.remove(id(i)), 1, 'one left, then none')
  const seen: { user_id: string; connections: number }[] = []
  let cursor: string | null = null
  do {
    const page = users.page({ limit: 7, cursor })
    t.equal(page.total, 200)
    seen.push(...page.users)
    cursor = page.next_cursor
  } while (cursor !== null)
  const expected = Array.from({ length: 250 }, (_, i) => i).filter((i) => i % 5 !== 1)
  t.strictSame(
    seen,
    expected.map((i) => ({ user_id: id(i), connections: i % 5 === 0 ? 1 : 2 })),
  )
})

t.test('a cursor whose user has gone continues behind where it stood', async (t) => {
  const users = new UserCounts()
  for (const n of [1, 2, 3, 4]) users.add(id(n))
  users.remove(id(2))
  t.strictSame(users.page({ limit: 1, cursor: id(2) }).users, [{ user_id: id(3), connections: 1 }])
  t.equal(users.remove(id(99)), 0, 'who is not there cannot go')
  t.equal(users.size, 3)
})
