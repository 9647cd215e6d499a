/** `records-before.json` is what the commit before `src/idempotency/` left in a store after the requests below. */
import { readFileSync } from 'node:fs'
import t from 'tap'
import type { RoomDefinition } from '../../src/domain/room.ts'
import { GroupCommit } from '../../src/hub/group-commit.ts'
import { Hub } from '../../src/hub/hub.ts'
import { Idempotency } from '../../src/idempotency/idempotency.ts'
import { findPurchase } from '../../src/ledger/player-ledger.ts'
import { planBatch } from '../../src/ledger/plan.ts'
import { keysOf, type LedgerRequest } from '../../src/ledger/requests.ts'
import type { PrimaryContext } from '../../src/node/context.ts'
import { appendOnce } from '../../src/node/once.ts'
import { RoomService, type RoomServiceOptions } from '../../src/rooms/service.ts'
import { encodeEvent, eventRecord } from '../../src/protocol/event-body.ts'
import type { Channel, Namespace, RoomId, UserId } from '../../src/protocol/ids.ts'
import { Directory } from '../../src/rooms/directory.ts'
import { createAlone } from '../../src/store/cluster.ts'
import { createMemoryStore } from '../../src/store/memory/memory-store.ts'
import type { Store } from '../../src/store/store.ts'
import { createManualClock } from '../helpers/manual-clock.ts'
import { NO_LOG } from '../helpers/no-log.ts'

type Texts = Readonly<Record<string, string>>

const BEFORE = JSON.parse(readFileSync(new URL('records-before.json', import.meta.url), 'utf8')) as Texts
const clock = createManualClock()
const alice = 'alice' as UserId
const ROOM: RoomDefinition = {
  room_id: 'arena' as RoomId,
  namespace: 'private' as Namespace,
  capacity: 3,
  delivery: 'must',
  game: null,
}
const keyOf = (name: string) => `${name}-0123456789abcdef`

/** A primary over a store that holds the records. */
async function open(texts: Texts) {
  const store = createMemoryStore({ clock, epoch: 'e1' })
  const puts = Object.entries(texts).map(([key, text]) => ({ key, value: Buffer.from(text) }))
  await store.commit({ puts, durable: true })
  const hub = await Hub.open({ store, clock, historyBytes: 1 << 20, historyTtlMs: 600_000, deliver: () => {} })
  const queue = { queueMax: 100, batchMax: 100, intervalMs: 0 }
  const commits = new GroupCommit({ store, ...queue, nowMs: clock.nowMs, onCommit: () => {} })
  const directory = new Directory({
    autoCreateIn: new Set(),
    capacity: 3,
    onMade: () => {},
    onGone: () => {},
    onRemoved: () => {},
  })
  const idempotency = new Idempotency({ store, clock })
  const parts = { store, hub, commits, clock, log: NO_LOG, cluster: createAlone('n1'), idempotency }
  const roomService = new RoomService({ ...parts, directory } as unknown as RoomServiceOptions)
  return { store, context: { ...parts, roomService } as unknown as PrimaryContext }
}

async function textsOf(store: Store): Promise<Texts> {
  const records = await store.list('', { limit: 100 })
  return Object.fromEntries(records.map(({ key, value }) => [key, Buffer.from(value).toString()]))
}

/** One request of each kind, each with its own key. @param ids what new ids begin with */
async function askAll({ store, context }: Awaited<ReturnType<typeof open>>, ids: string): Promise<unknown> {
  const toLedger = createLedger(store, ids)
  const credit = await toLedger({
    kind: 'credit',
    userId: alice,
    currency: 'gold',
    amount: 1000,
    idempotencyKey: keyOf('credit'),
  })
  const purchase = await toLedger({
    kind: 'purchase',
    userId: alice,
    namespace: ROOM.namespace,
    goodId: 'sword',
    count: 2,
    expectedPrice: null,
    idempotencyKey: keyOf('purchase'),
    traceparent: null,
  })
  const purchaseId = purchase?.kind === 'receipt' ? purchase.receipt.purchase_id : ''
  const refund = await toLedger({
    kind: 'refund',
    userId: alice,
    purchaseId,
    purchase: (await findPurchase(store, alice, purchaseId)) ?? null,
    restock: true,
    idempotencyKey: keyOf('refund'),
  })
  const restock = await toLedger({ kind: 'restock', goodId: 'sword', count: 5, idempotencyKey: keyOf('restock') })
  return {
    credit,
    purchase,
    refund,
    restock,
    broadcast: await appendEvent(context, 'broadcast', 'private', `${ids}-event-1`, {}),
    message: await appendEvent(context, 'message', 'alice', `${ids}-event-2`, { delivered: 2 }),
    room: await context.roomService.put({ room: ROOM, ifAbsent: true, idempotencyKey: keyOf('room') }),
  }
}

function createLedger(store: Store, prefix: string) {
  let ids = 0
  const tools = { newId: () => `${prefix}-${++ids}`, sign: () => 'signature' }
  return async (request: LedgerRequest) => {
    const keys = keysOf(request)
    const stored = await store.get(keys)
    const records = new Map(keys.map((key, i) => [key, stored[i]?.value ?? null]))
    const { puts, outcomes } = planBatch({ nowMs: clock.wallMs(), requests: [request], records }, tools)
    if (puts.length > 0) await store.commit({ puts, durable: true })
    return outcomes[0]
  }
}

function appendEvent(
  context: PrimaryContext,
  kind: 'broadcast' | 'message',
  whose: string,
  eventId: string,
  rest: object,
) {
  const fields = { namespace: 'private', room: undefined, traceparent: undefined, userId: '@server', timestamp: 1 }
  const event = encodeEvent({ id: eventId, eventType: 'x', ...fields, payload: {} })
  const once = { whose, key: keyOf(kind), fingerprint: `f-${kind}`, eventId }
  const record = eventRecord('n/private' as Channel, event)
  return appendOnce(context, { kind, once, record, rest: () => Promise.resolve(rest) })
}

t.test(
  'requests that the version before has done are answered from its records, and nothing is done again',
  async (t) => {
    const node = await open(BEFORE)
    const answers = await askAll(node, 'anew')
    const answerOf = (key: string) => (JSON.parse(BEFORE[key] ?? '') as { readonly answer: object }).answer
    const receipt = answerOf(`once/buy/alice/${keyOf('purchase')}`) as { readonly receipt: object }
    t.strictSame(answers, {
      credit: answerOf(`once/credit/alice/${keyOf('credit')}`),
      purchase: { kind: 'receipt', receipt: { ...receipt.receipt, replayed: true } },
      refund: answerOf(`once/refund/alice/${keyOf('refund')}`),
      restock: answerOf(`once/restock/sword/${keyOf('restock')}`),
      broadcast: { offset: 1 },
      message: { offset: 2, delivered: 2 },
      room: answerOf(`once/room/arena/${keyOf('room')}`),
    })
    t.strictSame(await textsOf(node.store), BEFORE)
  },
)

t.test(
  'records stand under the keys and fingerprints of the version before, so nodes of both can share a store',
  async (t) => {
    const node = await open({ 'good/sword': (BEFORE['good/sword'] ?? '').replace('"stock":15', '"stock":10') })
    await askAll(node, 'id')
    const recordsOf = (texts: Texts) =>
      Object.entries(texts)
        .filter(([key]) => key.startsWith('once/'))
        .map(([key, text]) => ({ key, ...(JSON.parse(text) as { fingerprint: string; at: number; answer: object }) }))
        .map(({ key, fingerprint, at, answer }) => ({ key, fingerprint, at, answer: Object.keys(answer) }))
    const after = recordsOf(await textsOf(node.store))
    t.equal(after.length, 7)
    t.strictSame(after, recordsOf(BEFORE))
  },
)
