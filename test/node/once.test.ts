import t from 'tap'
import { systemClock } from '../../src/base/clock.ts'
import { GroupCommit } from '../../src/hub/group-commit.ts'
import { Hub } from '../../src/hub/hub.ts'
import { Idempotency } from '../../src/idempotency/idempotency.ts'
import type { PrimaryContext } from '../../src/node/context.ts'
import { appendOnce, type OnceAppend } from '../../src/node/once.ts'
import { encodeEvent, eventRecord } from '../../src/protocol/event-body.ts'
import { Refusal } from '../../src/protocol/errors.ts'
import type { Channel } from '../../src/protocol/ids.ts'
import { createAlone } from '../../src/store/cluster.ts'
import { createMemoryStore } from '../../src/store/memory/memory-store.ts'
import { StoreUnavailable, type Store } from '../../src/store/store.ts'
import { over } from '../helpers/house/store.ts'
import { NO_LOG } from '../helpers/no-log.ts'

const CHANNEL = 'n/private' as Channel

/** A primary over a store; `isNoting` false: it dies, as far as one can see, before it notes where an event stands. */
async function openPrimary(store: Store, isNoting = true) {
  const written: Store = {
    ...over(store),
    commit: (transaction) => {
      if (isNoting || transaction.log?.length) return store.commit(transaction)
      return Promise.reject(new StoreUnavailable('gone'))
    },
  }
  const history = { historyBytes: 1 << 20, historyTtlMs: 600_000, deliver: () => {} }
  const hub = await Hub.open({ store: written, clock: systemClock, ...history })
  const commits = new GroupCommit({
    store: written,
    queueMax: 100,
    batchMax: 100,
    intervalMs: 0,
    nowMs: () => 0,
    onCommit: () => {},
  })
  const cluster = createAlone('n1')
  const idempotency = new Idempotency({ store: written, clock: systemClock })
  const parts = { store: written, hub, commits, cluster, log: NO_LOG, idempotency, clock: systemClock }
  return parts as unknown as PrimaryContext
}

let ids = 0

function request(key: string, message = 'hello'): OnceAppend<object> {
  const eventId = `event-${++ids}`
  const fields = { namespace: 'private', room: undefined, traceparent: undefined, userId: '@server', timestamp: 1 }
  const event = encodeEvent({ id: eventId, eventType: 'x', ...fields, payload: { message } })
  const once = { whose: 'private', key, fingerprint: message, eventId }
  return { kind: 'broadcast', once, record: eventRecord(CHANNEL, event), rest: () => Promise.resolve({}) }
}

function eventsOf({ hub }: PrimaryContext): number {
  return [...hub.history(0)].length
}

t.test('one key is one event, and the first answer is given again', async (t) => {
  const context = await openPrimary(createMemoryStore({ clock: systemClock, epoch: 'e1' }))
  await appendOnce(context, request('key-0'))
  const same = await Promise.all(Array.from({ length: 20 }, () => appendOnce(context, request('key-1'))))
  t.strictSame(new Set(same.map(({ offset }) => offset)), new Set([2]))
  t.equal(eventsOf(context), 2)
  await t.rejects(appendOnce(context, request('key-1', 'another')), { code: 'IDEMPOTENCY_CONFLICT' })
  t.equal(eventsOf(context), 2)
})

t.test('whoever dies before the offset is noted has its event found in the history', async (t) => {
  const store = createMemoryStore({ clock: systemClock, epoch: 'e1' })
  const dying = await openPrimary(store, false)
  await appendOnce(dying, request('key-0'))
  t.same(await appendOnce(dying, request('key-1')), { offset: 2 }, 'not noting is no failure')
  const next = await openPrimary(store)
  t.same(await appendOnce(next, request('key-1')), { offset: 2 })
  t.equal(eventsOf(next), 2)
  t.match(Buffer.from((await store.get(['once/broadcast/private/key-1']))[0]?.value ?? []).toString(), '"offset":2')
})

t.test('what is refused is not kept', async (t) => {
  const context = await openPrimary(createMemoryStore({ clock: systemClock, epoch: 'e1' }))
  const rest = () => Promise.reject(new Refusal('USER_OFFLINE', 'no'))
  await t.rejects(appendOnce(context, { ...request('key-1'), rest }), { code: 'USER_OFFLINE' })
  t.same(await appendOnce(context, request('key-1', 'another')), { offset: 1 })
})

t.test('two nodes with one key make one event', async (t) => {
  const store = createMemoryStore({ clock: systemClock, epoch: 'e1' })
  // Each has its own lock and its own commits; the store has one follower, whose history both look into.
  const first = await openPrimary(store)
  const second = await openPrimary(store)
  const nodes = [{ ...first, hub: second.hub }, second]
  for (let n = 0; n < 20; n++) {
    const answers = await Promise.all(nodes.map((node) => appendOnce(node, request(`key-${n}`))))
    t.equal(answers[0]?.offset, answers[1]?.offset)
    t.equal((await store.list('once/', { limit: 100 })).length, n + 1)
    t.equal(answers[0]?.offset, n + 1, 'one event more')
  }
})
