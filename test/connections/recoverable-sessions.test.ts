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
