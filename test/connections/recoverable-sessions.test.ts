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
  const sessions = new RecoverableSessions({ keepMs: 1_000, nowMs: () => 0, heardAfterMs: 100 })
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
  const sessions = new RecoverableSessions({ keepMs: 1000, nowMs: () => nowMs, leftPerUserMax: 6, heardAfterMs: 100 })
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
  t.end()
})

t.test('a resume token is of one use, as soon as its client must have the next one', async (t) => {
  let nowMs = 0
  const sessions = new RecoverableSessions({ keepMs: 1_000, nowMs: () => nowMs, heardAfterMs: 100 })
  const session = 's'
  const spent = () => [0, 1, 2, 3].filter((use) => sessions.isSpent({ session, use }))
  const connect = (use: number) => {
    const connection = { ...connectionOf(session, []), id: `of-${use}-at-${nowMs}` }
    sessions.changed(connection)
    sessions.used(connection, use)
    return connection
  }
  t.strictSame(spent(), [], 'an unknown session')
  const first = connect(1)
  t.strictSame(spent(), [0], 'its client may not have heard of it')
  nowMs = 50
  sessions.closed(first)
  nowMs = 500
  t.strictSame(spent(), [0], 'it broke soon')
  const again = connect(1)
  nowMs = 601
  t.strictSame(spent(), [0, 1], 'it lasted')
  sessions.closed(again)
  t.strictSame(spent(), [0, 1], 'and has ended')
  connect(2)
  t.strictSame(spent(), [0, 1])
  connect(3)
  t.strictSame(spent(), [0, 1, 2], 'a newer one was used')
  t.notOk(sessions.isSpent({ session, use: null }))
  nowMs = 10_000
  t.strictSame(spent(), [0, 1, 2, 3], 'for as long as it is there')
})

t.test('what is known of the tokens of a session goes with it', async (t) => {
  let nowMs = 0
  const sessions = new RecoverableSessions({ keepMs: 1_000, nowMs: () => nowMs, heardAfterMs: 100 })
  const connection = connectionOf('s', [])
  sessions.changed(connection)
  sessions.used(connection, 2)
  sessions.closed(connection)
  nowMs = 999
  t.ok(sessions.isSpent({ session: 's', use: 1 }))
  nowMs = 1_001
  t.notOk(sessions.isSpent({ session: 's', use: 1 }))
})
