import { EVENT } from '../../../src/protocol/events.ts'

/** What neighbours ask for all the time. */
export interface Case {
  readonly name: string
  /** A route of HTTP. */
  readonly route?: string
  /** A request of a socket: what is sent once, and what is sent again and again. */
  readonly first?: readonly object[]
  readonly frames?: readonly object[]
  /** It takes more than the rate of messages: so many a second fit into the rate of bytes. */
  readonly perSecond?: number
}

const KEYS = 1_500
/** As large as a frame may be, about. */
const LARGE = Object.fromEntries(Array.from({ length: KEYS }, (_, i) => [`k${i}`, i % 10]))
const ROOMS = Array.from({ length: 50 }, (_, i) => `neighbours-${i}`)

const request = (eventType: string, payload: object = {}, more: object = {}) => ({
  id: 'n',
  eventType,
  payload,
  ...more,
})
const same = (eventType: string, payload: object = {}): Case => ({
  name: eventType,
  frames: [request(eventType, payload)],
})
const retain = request(EVENT.broadcast, { message: LARGE, retain: true })
const find = request(EVENT.roomFind, { game: 'arena' })

export const CASES: readonly Case[] = [
  same(EVENT.broadcast, { message: 'x' }),
  { name: `${EVENT.broadcast} retain`, frames: [retain], perSecond: 30 },
  same(EVENT.sendMessage, { target_user_id: '$user', text: 'x' }),
  same(EVENT.buyGood, { good_id: 'sword', count: 1 }),
  {
    name: `${EVENT.roomJoin}, ${EVENT.roomLeave}`,
    frames: ROOMS.flatMap((room_id) => [request(EVENT.roomJoin, { room_id }), request(EVENT.roomLeave, { room_id })]),
  },
  { name: `${EVENT.roomJoin} again`, first: [retain], frames: [request(EVENT.roomJoin, { room_id: ROOMS[0] })] },
  { name: EVENT.roomFind, frames: [find, request(EVENT.roomLeave, { room_id: '$room' })], first: [find] },
  same(EVENT.roomList, { game: 'arena' }),
  {
    name: EVENT.roomInput,
    first: [find],
    frames: [request(EVENT.roomInput, { name: 'steer', input: { dx: 1, dy: 0 } }, { room: '$room' })],
  },
  { name: EVENT.roomSnapshot, first: [find], frames: [request(EVENT.roomSnapshot, {}, { room: '$room' })] },
  { name: EVENT.stateGet, first: [retain], frames: [request(EVENT.stateGet)] },
  same(EVENT.presenceList, { limit: 200 }),
  same(EVENT.sessionRefresh, { token: 'x' }),
  same(EVENT.sessionPing),
  ...[
    '/health',
    '/ready',
    '/metrics',
    '/api/v1/goods?limit=1000',
    '/api/v1/goods/sword',
    '/api/v1/receipt-key',
    '/',
  ].map((route) => ({ name: `GET ${route}`, route })),
]
