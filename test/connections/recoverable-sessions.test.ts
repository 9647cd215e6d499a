import t from 'tap'
import { SmallSet } from '../../src/base/small-set.ts'
import type { Connection } from '../../src/connections/connection.ts'
import { RecoverableSessions } from '../../src/connections/recoverable-sessions.ts'
import type { Namespace, RoomId, UserId } from '../../src/protocol/ids.ts'

const connectionOf = (session: string, rooms: readonly string[]): Connection => ({
  id: `connection-of-${session}`,
  node: 'n1',
  worker: 1,
  namespace: 'private' as Namespace,
  userId: 'alice' as UserId,
  addressKey: '10.0.0.1',
  openedAtMs: 0,
  rooms: new SmallSet(rooms as RoomId[]),
  session,
})

t.test('when memory is short, the sessions that ended first are forgotten, and none that has a connection', (t) => {
  const sessions = new RecoverableSessions({ keepMs: 1_000, nowMs: () => 0 })
  sessions.changed(connectionOf('live', ['r']))
  for (const [session, rooms] of Object.entries({ a: ['r', 's', 't'], b: [], c: ['r'], d: ['r'] })) {
    const connection = connectionOf(session, rooms)
    sessions.changed(connection)
    sessions.closed(connection)
  }
  const known = () => ['live', 'a', 'b', 'c', 'd'].filter((session) => sessions.of(session) !== undefined)
  sessions.forgetOlderHalf()
  t.strictSame(known(), ['live', 'c', 'd'], 'the first two had more than half of the rooms')
  sessions.forgetOlderHalf()
  t.strictSame(known(), ['live', 'd'])
  for (let i = 0; i < 3; i++) sessions.forgetOlderHalf()
  t.strictSame(known(), ['live'])
  t.end()
})

t.test('a user has a part of what is kept, and its oldest sessions go first', async (t) => {
  let nowMs = 0
  const sessions = new RecoverableSessions({ keepMs: 1000, nowMs: () => nowMs, leftPerUserMax: 6 })
  const end = (session: string, shareKey: string) => {
    const rooms = new SmallSet(['r' as RoomId])
    const connection = { session, shareKey, rooms } as unknown as Connection
    sessions.changed(connection)
    sessions.closed(connection)
  }
  end('bobs', 'bob')
  for (let i = 0; i < 10; i++) end(`s${i}`, 'alice')
  t.strictSame(
    ['bobs', 's6', 's7', 's9'].map((session) => sessions.of(session)?.length),
    [1, undefined, 1, 1],
  )
  t.equal(sessions.kept, 8)
  nowMs = 1_001
  sessions.forgetOld()
  t.equal(sessions.kept, 0)
  for (let i = 0; i < 3; i++) end(`again${i}`, 'alice')
  t.equal(sessions.kept, 6, 'what was forgotten does not count')
})
