import { assert } from '../base/assert.ts'
import type { Span } from '../base/trace.ts'
import type { Good } from '../domain/good.ts'
import type { Player } from '../domain/player.ts'
import { controlRecord } from '../hub/control.ts'
import { getGood, listGoods, putGood } from '../ledger/goods.ts'
import { findPurchase, listLines, listPurchases, readPlayer } from '../ledger/player-ledger.ts'
import type { LedgerRequest, Outcome, RefundRequest } from '../ledger/requests.ts'
import type { Handlers } from '../link/link.ts'
import type { ConnectionFilter, ConnectionInfo } from '../link/methods/operations.ts'
import type { PrimaryMethods } from '../link/methods/primary.ts'
import type { GoodAt } from '../link/methods/shop.ts'
import { Refusal } from '../protocol/errors.ts'
import { toSortedPage, type Page, type PageArgs } from '../protocol/page.ts'
import { answerWith, changeInTime, readInTime } from './answer.ts'
import type { PrimaryContext } from './context.ts'
import { toRefusal } from './event-methods.ts'
import { deleteRoom, putRoom, readRoom } from './rest-rooms.ts'
import { publishedKeys } from './secrets.ts'

type AdminMethods = Pick<
  Handlers<PrimaryMethods>,
  | 'goodList'
  | 'goodGet'
  | 'goodPut'
  | 'goodRestock'
  | 'playerGet'
  | 'playerCredit'
  | 'playerRefund'
  | 'playerPurchases'
  | 'ledgerList'
  | 'receiptKey'
  | 'roomPut'
  | 'roomList'
  | 'roomGet'
  | 'roomDelete'
  | 'connectionList'
  | 'kick'
>

/** What the REST interface asks for. */
export function adminMethods(context: PrimaryContext): AdminMethods {
  const { store, clock } = context
  return {
    goodList: (page, reply, _span, untilMs) => answerWith(readInTime(clock, listGoods(store, page), untilMs), reply),
    goodGet: ({ id }, reply, _span, untilMs) => answerWith(readInTime(clock, getGood(store, id), untilMs), reply),
    goodPut: ({ good, ifRevision }, reply, _span, untilMs) =>
      answerWith(changeInTime(clock, changeGood(context, good, ifRevision), untilMs), reply),
    goodRestock(restock, reply, span, untilMs) {
      const done = (outcome: Done | Refusal) =>
        reply(outcome instanceof Refusal ? outcome : expectKind(outcome, 'good').good)
      submit(context, { kind: 'restock', ...restock }, done, { span, untilMs })
    },
    playerGet: ({ userId }, reply, _span, untilMs) =>
      answerWith(readInTime(clock, readPlayer(store, userId), untilMs), reply),
    playerPurchases: ({ userId, ...page }, reply, _span, untilMs) =>
      answerWith(readInTime(clock, listPurchases(store, userId, page), untilMs), reply),
    ledgerList: (page, reply, _span, untilMs) => answerWith(readInTime(clock, listLines(store, page), untilMs), reply),

    playerCredit(credit, reply, span, untilMs) {
      const done = (outcome: Done | Refusal) =>
        reply(outcome instanceof Refusal ? outcome : expectKind(outcome, 'player').player)
      submit(context, { kind: 'credit', ...credit }, done, { span, untilMs })
    },

    playerRefund(refund, reply, span, untilMs) {
      answerWith(refundPlayer(context, refund, { span, untilMs }), reply)
    },

    receiptKey: (_args, reply, _span, untilMs) =>
      answerWith(readInTime(clock, publishedKeys(store, context.receiptKey), untilMs), reply),

    roomPut: (put, reply, _span, untilMs) => answerWith(changeInTime(clock, putRoom(context, put), untilMs), reply),
    roomList: (page, reply) => reply(listRooms(context, page)),
    roomGet: ({ room }, reply, _span, untilMs) =>
      answerWith(readInTime(clock, readRoom(context, room), untilMs), reply),
    roomDelete: ({ room, ifTag }, reply, _span, untilMs) =>
      answerWith(changeInTime(clock, deleteRoom(context, room, ifTag), untilMs), reply),
    connectionList: ({ only, ...page }, reply) => reply(listConnections(context, only, page)),
    kick: (whom, reply, _span, untilMs) => answerWith(changeInTime(clock, kick(context, whom), untilMs), reply),
  }
}

/** Answers when this node's workers have heard of it. */
async function changeGood(
  { store, hub }: PrimaryContext,
  good: Good,
  ifRevision: number | 'any' | null,
): Promise<GoodAt> {
  const { offset, ...at } = await putGood(store, good, ifRevision)
  await hub.reached(offset)
  return at
}

async function refundPlayer(
  context: PrimaryContext,
  refund: Omit<RefundRequest, 'purchase'>,
  call: LedgerCall,
): Promise<Player> {
  const found = findPurchase(context.store, refund.userId, refund.purchaseId)
  const purchase = (await readInTime(context.clock, found, call.untilMs)) ?? null
  return new Promise((resolve, reject) => {
    const done = (outcome: Done | Refusal) =>
      outcome instanceof Refusal ? reject(outcome) : resolve(expectKind(outcome, 'player').player)
    submit(context, { kind: 'refund', ...refund, purchase }, done, call)
  })
}

interface LedgerCall {
  readonly span: Span | undefined
  readonly untilMs: number | undefined
}

type Done = Exclude<Outcome, { readonly kind: 'refused' }>

function submit(
  { ledger }: PrimaryContext,
  request: LedgerRequest,
  done: (outcome: Done | Refusal) => void,
  { span, untilMs }: LedgerCall,
): void {
  const judged = (outcome: Outcome | Refusal) =>
    done(outcome instanceof Refusal || outcome.kind !== 'refused' ? outcome : toRefusal(outcome))
  ledger.submit(request, judged, span, untilMs)
}

function expectKind<Kind extends Done['kind']>(outcome: Done, kind: Kind): Extract<Done, { readonly kind: Kind }> {
  assert(outcome.kind === kind, `the ledger answered with a ${outcome.kind}, not a ${kind}`)
  return outcome as Extract<Done, { readonly kind: Kind }>
}

function listRooms({ rooms }: PrimaryContext, page: PageArgs) {
  const { items: ids, next_cursor } = toSortedPage(rooms.ids(), (id) => id, page)
  return { items: ids.map((id) => rooms.get(id)).filter((room) => room !== undefined), next_cursor }
}

/** On whatever node they are. Throws NOT_FOUND, USER_OFFLINE. */
async function kick(
  { presence, store, hub }: PrimaryContext,
  whom: PrimaryMethods['kick']['args'],
): Promise<{ readonly kicked: number }> {
  const ids = 'userId' in whom ? Array.from(presence.ofUser(whom.userId), ({ id }) => id) : [whom.connectionId]
  if ('userId' in whom && ids.length === 0) throw new Refusal('USER_OFFLINE', `"${whom.userId}" is not connected`)
  if ('connectionId' in whom && !presence.get(whom.connectionId)) throw new Refusal('NOT_FOUND', 'no such connection')
  const result = await store.commit({ log: [controlRecord({ kind: 'kicked', ids })], durable: false })
  if (!result.committed) throw new Refusal('UNAVAILABLE', 'the store did not take it')
  await hub.reached(result.offset)
  return { kicked: ids.length }
}

function listConnections({ presence }: PrimaryContext, only: ConnectionFilter, page: PageArgs): Page<ConnectionInfo> {
  // Ids are UUIDv7, made in the order of the connections on each worker.
  const sorted = [...(only.userId === null ? presence.all() : presence.ofUser(only.userId))]
    .filter(({ namespace }) => only.namespace === null || namespace === only.namespace)
    .filter(({ rooms }) => only.room === null || rooms.has(only.room))
    .sort((a, b) => (a.id < b.id ? -1 : 1))
  const { items: shown, next_cursor } = toSortedPage(sorted, ({ id }) => id, page)
  const items = shown.map((connection) => ({
    connection_id: connection.id,
    namespace: connection.namespace,
    user_id: connection.userId,
    address: connection.addressKey,
    rooms: [...connection.rooms],
    opened_at: connection.openedAtMs,
    node: connection.node,
    worker: connection.worker,
  }))
  return { items, next_cursor }
}
