import { EVENT, type EventType } from '../../protocol/events.ts'
import { inBoth, PLAYERS, type Case } from '../case.ts'
import { expectThat, fieldsOf, type Fields } from '../expect.ts'
import { expectRefused } from '../http.ts'

interface Row {
  readonly id: string
  readonly eventType: EventType
  readonly payload: Fields
  /** How `details.path` begins. */
  readonly path: string
  /** Guests are not allowed this request at all. */
  readonly player?: boolean
}

const { broadcast, sendMessage, buyGood, roomJoin, roomLeave, roomInput, stateGet, presenceList, sessionRefresh } =
  EVENT
const KEY = 'conformance-0123456789'
const message = 'x'

/** Breaks each rule of a payload once. The answer has to be BAD_REQUEST with the place. */
const ROWS: readonly Row[] = [
  { id: 'broadcast.message-absent', eventType: broadcast, payload: {}, path: 'payload.message' },
  { id: 'broadcast.retain-text', eventType: broadcast, payload: { message, retain: 'yes' }, path: 'payload.retain' },
  { id: 'broadcast.retain-number', eventType: broadcast, payload: { message, retain: 1 }, path: 'payload.retain' },
  { id: 'message.target-absent', eventType: sendMessage, payload: { text: 'x' }, path: 'payload.target_user_id' },
  ...([7, '', 'a/b', 'x'.repeat(65)] as const).map((target_user_id, i) => ({
    id: `message.target-${['number', 'empty', 'slash', 'long'][i] ?? ''}`,
    eventType: sendMessage,
    payload: { target_user_id, text: 'x' },
    path: 'payload.target_user_id',
  })),
  { id: 'message.nothing', eventType: sendMessage, payload: { target_user_id: 'bob' }, path: 'payload' },
  {
    id: 'message.text-and-data',
    eventType: sendMessage,
    payload: { target_user_id: 'bob', text: 'x', data: 1 },
    path: 'payload',
  },
  {
    id: 'message.text-number',
    eventType: sendMessage,
    payload: { target_user_id: 'bob', text: 7 },
    path: 'payload.text',
  },
  ...(
    [
      ['zero', 0],
      ['negative', -1],
      ['fraction', 1.5],
      ['text', '1'],
      ['null', null],
      ['true', true],
      ['absent', undefined],
      ['huge', 2 ** 53 - 1],
    ] as const
  ).map(([id, count]) => ({
    id: `buy.count-${id}`,
    eventType: buyGood,
    payload: { good_id: 'sword', ...(count === undefined ? {} : { count }) },
    path: 'payload.count',
    player: true,
  })),
  { id: 'buy.good-absent', eventType: buyGood, payload: { count: 1 }, path: 'payload.good_id', player: true },
  {
    id: 'buy.good-number',
    eventType: buyGood,
    payload: { good_id: 7, count: 1 },
    path: 'payload.good_id',
    player: true,
  },
  ...(['x'.repeat(15), 'x'.repeat(65), 'with spaces in the key', 'with/slashes/in/it', 7] as const).map((key, i) => ({
    id: `buy.key-${['short', 'long', 'spaces', 'slashes', 'number'][i] ?? ''}`,
    eventType: buyGood,
    payload: { good_id: 'sword', count: 1, idempotency_key: key },
    path: 'payload.idempotency_key',
    player: true,
  })),
  ...(['1', -1, 1.5] as const).map((expected_price, i) => ({
    id: `buy.price-${['text', 'negative', 'fraction'][i] ?? ''}`,
    eventType: buyGood,
    payload: { good_id: 'sword', count: 1, idempotency_key: KEY, expected_price },
    path: 'payload.expected_price',
    player: true,
  })),
  ...([undefined, 7, '', 'a/b', 'a#b', 'x'.repeat(65), 'a\nb'] as const).flatMap((room_id, i) => {
    const name = ['absent', 'number', 'empty', 'slash', 'hash', 'long', 'control'][i] ?? ''
    const payload = room_id === undefined ? {} : { room_id }
    return [
      { id: `join.room-${name}`, eventType: roomJoin, payload, path: 'payload.room_id' },
      ...(i < 2 ? [{ id: `leave.room-${name}`, eventType: roomLeave, payload, path: 'payload.room_id' }] : []),
    ]
  }),
  { id: 'join.options', eventType: roomJoin, payload: { room_id: 'x', options: 7 }, path: 'payload.options' },
  { id: 'input.absent', eventType: roomInput, payload: {}, path: 'payload.input' },
  { id: 'state.room-number', eventType: stateGet, payload: { room_id: 7 }, path: 'payload.room_id' },
  { id: 'presence.room-number', eventType: presenceList, payload: { room_id: 7 }, path: 'payload.room_id' },
  ...([0, -1, 1.5, '10'] as const).map((limit, i) => ({
    id: `presence.limit-${['zero', 'negative', 'fraction', 'text'][i] ?? ''}`,
    eventType: presenceList,
    payload: { limit },
    path: 'payload.limit',
  })),
  { id: 'presence.cursor', eventType: presenceList, payload: { cursor: 7 }, path: 'payload.cursor' },
  { id: 'refresh.absent', eventType: sessionRefresh, payload: {}, path: 'payload.token' },
  { id: 'refresh.number', eventType: sessionRefresh, payload: { token: 7 }, path: 'payload.token' },
]

function rowCases({ id, eventType, payload, path, player = false }: Row): readonly Case[] {
  return inBoth(`payload.${id}`, (encoding) => ({
    section: 3,
    checks: `${eventType} with ${JSON.stringify(payload).slice(0, 100)}: BAD_REQUEST at ${path}`,
    ...(player ? { needs: PLAYERS } : {}),
    run: async (lab) => {
      const peer = await (player ? lab.player(undefined, { encoding }) : lab.guest({ encoding }))
      const error = await peer.refused('BAD_REQUEST', eventType, payload)
      const at = String(fieldsOf(error['details'])['path'])
      expectThat(at === path || (path === 'payload' && at.startsWith('payload.')), `details.path "${path}"`, error)
    },
  }))
}

export const PAYLOAD_CASES: readonly Case[] = [
  ...ROWS.flatMap(rowCases),
  {
    id: 'payload.buy.guest',
    section: 3,
    checks: 'a guest may not buy: AUTH_REQUIRED',
    run: async (lab) => {
      const guest = await lab.guest()
      await guest.refused('AUTH_REQUIRED', buyGood, { good_id: 'sword', count: 1 })
    },
  },
  {
    id: 'payload.http.broadcast',
    section: 8,
    checks: 'the same rules hold for POST /api/v1/broadcast',
    needs: ['admin'],
    run: async (lab) => {
      const { namespace } = await lab.guest()
      expectRefused(await lab.askAdmin('POST', '/api/v1/broadcast', { namespace }), 400, 'BAD_REQUEST')
      const other = { namespace: lab.name('namespace').slice(0, 40), message }
      expectRefused(await lab.askAdmin('POST', '/api/v1/broadcast', other), 400, 'BAD_REQUEST')
    },
  },
]
