import t from 'tap'
import { systemClock } from '../../src/base/clock.ts'
import { Bans } from '../../src/connections/bans.ts'
import { Connections, type Opening } from '../../src/connections/connections.ts'
import { ConnectionLimits } from '../../src/connections/limits.ts'
import { Publisher } from '../../src/connections/publisher.ts'
import { RecoverableSessions } from '../../src/connections/recoverable-sessions.ts'
import { Registry } from '../../src/connections/registry.ts'
import { Replays } from '../../src/connections/replay.ts'
import { Subscriptions } from '../../src/connections/subscriptions.ts'
import { Hub } from '../../src/hub/hub.ts'
import { roomChannel, type Namespace, type RoomId, type UserId } from '../../src/protocol/ids.ts'
import { createAlone } from '../../src/store/cluster.ts'
import { createMemoryStore } from '../../src/store/memory/memory-store.ts'
import type { LogBatch, Store } from '../../src/store/store.ts'
import { over } from '../helpers/house/store.ts'
import { NO_LOG } from '../helpers/no-log.ts'
import { recordOf } from '../helpers/placed.ts'

const NAMESPACE = 'private' as Namespace
const [R, S, NEW] = ['r' as RoomId, 's' as RoomId, 'new' as RoomId]

const OPENING: Omit<Opening, 'connectionId'> = {
  namespace: NAMESPACE,
  userId: 'alice' as UserId,
  addressKey: '10.0.0.1',
  shareKey: 'alice',
  rooms: null,
  mayJoin: true,
  isResume: true,
  cursor: null,
  use: null,
  session: 'a-session',
}

/** The connections of a node with these rooms; everybody may enter all of them. @param historyBytes 0: the hub holds nothing */
async function setUp({ historyBytes = 1 << 20 } = {}) {
  const log: LogBatch[] = []
  const store: Store = {
    ...over(createMemoryStore({ clock: systemClock, epoch: 'e1' })),
    history: ({ after }, onBatch) => {
      for (const batch of log) if (batch.offset > after) onBatch(batch)
      return Promise.resolve(true)
    },
  }
  const hub = await Hub.open({ store, clock: systemClock, historyBytes, historyTtlMs: 600_000, deliver: () => {} })
  // Another node has to be told of who comes.
  const cluster = { ...createAlone('n1'), nodes: ['n1', 'n2'], isAlone: false }
  const registry = new Registry(cluster.node)
  const publisher = new Publisher({ cluster, log: NO_LOG })
  const subscriptions = new Subscriptions({ interest: hub.interest, publisher })
  const sessions = new RecoverableSessions({ keepMs: 600_000, nowMs: systemClock.nowMs, heardAfterMs: 1 })
  const max = { perUserMax: 9, perAddressMax: () => 9, perNamespaceMax: 9 }
  const connections = new Connections({
    bans: new Bans({ wallMs: () => 0 }),
    hub,
    cluster,
    clock: systemClock,
    registry,
    limits: new ConnectionLimits({ registry, ...max, onFull: () => {} }),
    subscriptions,
    replays: new Replays({ hub, cluster, log: NO_LOG }),
    publisher,
    sessions,
    shareParts: undefined,
    rooms: { enter: ({ rooms }, room) => rooms.add(room), closed: () => {} },
  })
  const open = async (connectionId: string, more: Partial<Opening>) => {
    const opening = { ...OPENING, ...more, connectionId }
    return connections.open(opening, await connections.admit(1, opening))
  }
  const change = (connectionId: string, how: (rooms: ReturnType<Registry['require']>['rooms']) => void) => {
    const connection = registry.require(connectionId)
    how(connection.rooms)
    sessions.changed(connection)
  }
  const append = async (room: RoomId) => {
    const records = [recordOf(roomChannel(NAMESPACE, room))]
    const result = await store.commit({ log: records, durable: false })
    if (!result.committed) throw new Error('the store did not take it')
    log.push({ records, offset: result.offset, committedAtMs: 0 })
    await hub.reached(result.offset)
    return result.offset
  }
  return { hub, connections, open, change, append }
}

t.test('a resume joins the rooms that its session has when it is answered, not when it was asked', async (t) => {
  const { hub, open, change } = await setUp()
  await open('old', { rooms: [R, S], isResume: false })
  const cursor = { epoch: 'e1', offset: hub.head }
  const opened = open('new', { cursor })
  // The new one waits until the other node knows of it, and the old one goes on meanwhile.
  change('old', (rooms) => {
    rooms.delete(S)
    rooms.add(NEW)
  })
  t.match(await opened, { rooms: [R, NEW], reason: null })
})

t.test('so it is if older events than the hub holds are read first, which are given', async (t) => {
  const { connections, open, change, append } = await setUp({ historyBytes: 0 })
  const first = await append(R)
  await open('old', { rooms: [R], isResume: false })
  const older = await append(R)
  const opened = open('new', { cursor: { epoch: 'e1', offset: first } })
  change('old', (rooms) => rooms.add(NEW))
  t.match(await opened, { rooms: [R, NEW], replayed: 1, reason: null })
  t.match(connections.replay('new', first), { entries: [{ offset: older }] })
})

t.test('a session that nobody knows is answered so, or with what is gone, and nothing is to be replayed', async (t) => {
  const { hub, open, append } = await setUp()
  await append(R)
  const unknown = { rooms: [], replayed: 0 }
  t.match(await open('a', { cursor: { epoch: 'e1', offset: 0 } }), { ...unknown, reason: 'ROOMS_UNKNOWN' })
  t.match(await open('b', { session: 'b', cursor: { epoch: 'e0', offset: 0 } }), {
    ...unknown,
    reason: 'EPOCH_CHANGED',
  })
  const ahead = { epoch: 'e1', offset: hub.head + 5 }
  t.match(await open('c', { session: 'c', cursor: ahead }), { ...unknown, reason: 'HISTORY_GONE' })
})

t.test('nothing is given that was said before the session began, whatever cursor is named', async (t) => {
  const { hub, open, connections, append } = await setUp()
  await append(R)
  await open('old', { rooms: [], isResume: false })
  const begun = hub.head
  const later = await append(R)
  for (const id of ['while it lives', 'when it has gone']) {
    const opened = await open(id, { rooms: [R], cursor: { epoch: 'e1', offset: 0 } })
    t.match(opened, { rooms: [R], replayed: 1, reason: null }, id)
    t.match(connections.replay(id, begun), { entries: [{ offset: later }] }, id)
    connections.close(id)
    connections.close('old')
  }
})

t.test('a cursor ahead of the log does not move the beginning of its session', async (t) => {
  const { hub, open, append } = await setUp()
  t.match(await open('a', { rooms: [R], cursor: { epoch: 'e1', offset: hub.head + 9 } }), { reason: 'HISTORY_GONE' })
  const cursor = { epoch: 'e1', offset: hub.head }
  await append(R)
  t.match(await open('b', { rooms: [R], cursor }), { replayed: 1, reason: null })
})

t.test('who may not join names no rooms that the session was not in', async (t) => {
  const { open } = await setUp()
  await open('old', { rooms: [R], isResume: false })
  const cursor = { epoch: 'e1', offset: 0 }
  t.match(await open('new', { rooms: [R, S], mayJoin: false, cursor }), { rooms: [R], reason: null })
  t.strictSame((await open('other', { session: 'other', rooms: [R, S], mayJoin: false, cursor })).rooms, [])
})
