import t from 'tap'
import { encodeEvent, eventRecord, readHead, type EventFields } from '../../src/protocol/event-body.ts'
import {
  inLatestRoom,
  isLatest,
  LATEST,
  LATEST_BY_ROOM,
  NOT_RETAINED,
  TRACED,
  typeOfKind,
} from '../../src/protocol/event-head.ts'
import { EVENT, SERVER_EVENT } from '../../src/protocol/events.ts'
import type { Channel } from '../../src/protocol/ids.ts'

const TRACEPARENT = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'
const utf8 = (value: unknown) => new TextEncoder().encode(JSON.stringify(value))

const fields = (given: Partial<EventFields>): EventFields => ({
  id: 'an-id',
  eventType: EVENT.broadcast,
  namespace: 'private',
  room: undefined,
  userId: 'alice',
  timestamp: 1,
  traceparent: undefined,
  payload: {},
  ...given,
})
const recordOf = (given: Partial<EventFields>) => eventRecord('n/private' as Channel, encodeEvent(fields(given)))

t.test("an event's head says its type, its class, its key and whether it is traced", async (t) => {
  const cases: [given: Partial<EventFields>, flags: number, key: string | null][] = [
    [{ payload: { message: 1 } }, NOT_RETAINED, 'ualice'],
    [{ payload: { message: 1, retain: true } }, 0, 'ualice'],
    [{ payload: { message: 1, retain: false } }, NOT_RETAINED, 'ualice'],
    [{ payload: { message: 1, retain: true, delivery: 'must' } }, 0, null],
    [{ payload: { message: 1, retain: true, delivery: 'latest' } }, LATEST, 'ualice'],
    [{ payload: { message: 1, delivery: 'must' } }, NOT_RETAINED, null],
    [{ payload: { message: 1, delivery: 'latest' } }, NOT_RETAINED | LATEST, 'ualice'],
    [
      { payload: { message: 1, delivery: 'latest', key: 'ü' }, traceparent: TRACEPARENT },
      NOT_RETAINED | LATEST | TRACED,
      'kü',
    ],
    [{ payload: { message: { delivery: 'latest', traceparent: TRACEPARENT } } }, NOT_RETAINED, 'ualice'],
    [{ payload: { message: { retain: true } } }, NOT_RETAINED, 'ualice'],
    [{ eventType: EVENT.sendMessage, payload: { text: 'x', delivery: 'latest' } }, NOT_RETAINED, null],
    [{ eventType: SERVER_EVENT.joined, traceparent: TRACEPARENT }, NOT_RETAINED | TRACED, null],
  ]
  for (const [given, flags, key] of cases) {
    const { head, body } = recordOf(given)
    t.match(head, { flags, key, id: null }, JSON.stringify(given))
    t.equal(typeOfKind(head.kind), fields(given).eventType)
    t.strictSame(readHead(body), { ...head, id: 'an-id' }, 'the same is read out of its text')
  }
})

t.test('types that have no number are 0, and so is what a newer node may have made', async (t) => {
  t.equal(recordOf({ eventType: 'core.game.room.patch' }).head.kind, 0)
  t.equal(typeOfKind(0), undefined)
  t.equal(typeOfKind(200), undefined)
})

t.test('the numbers of types stay what they are, as logs hold them', async (t) => {
  const types = [EVENT.broadcast, EVENT.sendMessage, EVENT.buyGood, SERVER_EVENT.joined, SERVER_EVENT.left]
  t.strictSame(
    types.map((eventType) => recordOf({ eventType }).head.kind),
    [1, 2, 3, 4, 5],
  )
})

t.test("a room's class counts where the payload does not say", async (t) => {
  const inRoom = (payload: object) => inLatestRoom(recordOf({ payload }).head)
  t.equal(inRoom({ message: 1, retain: true }).flags, LATEST | LATEST_BY_ROOM)
  t.equal(inRoom({ message: 1, key: 'a' }).key, 'ka')
  t.equal(inRoom({ message: 1, retain: true, delivery: 'latest' }).flags, LATEST, 'said already')
  t.notOk(isLatest(inRoom({ message: 1, delivery: 'must' })))
  t.notOk(isLatest(inLatestRoom(recordOf({ eventType: SERVER_EVENT.left }).head)))
})

t.test('the text of a version that wrote no heads says it all, too', async (t) => {
  const old = { id: 'an-id', eventType: EVENT.broadcast, userId: 'alice', payload: { message: 1 } }
  t.match(readHead(utf8({ delivery: 'latest', ...old })), {
    flags: NOT_RETAINED | LATEST,
    key: 'ualice',
    id: 'an-id',
  })
  const must = { ...old, payload: { message: 1, delivery: 'must' } }
  t.match(readHead(utf8({ delivery: 'latest', ...must })), { flags: NOT_RETAINED, key: null })
  for (const none of [1, 'x', null, [], {}, { eventType: 1, payload: {} }, { eventType: 'x', payload: 1 }]) {
    t.equal(readHead(utf8(none)), undefined, JSON.stringify(none))
  }
  t.equal(readHead(new Uint8Array([255, 0])), undefined)
  t.equal(readHead(utf8({ ...old, id: 'x'.repeat(300) }))?.id, null)
})
