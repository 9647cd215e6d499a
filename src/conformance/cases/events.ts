import { EVENT } from '../../protocol/events.ts'
import { systemClock } from '../../base/clock.ts'
import { inBoth, PLAYERS, PLAYERS_AND_ADMIN, type Case } from '../case.ts'
import { expectEqual, expectInteger, expectThat, type Fields } from '../expect.ts'
import type { Lab, OpenOptions } from '../lab.ts'
import { isEvent, payloadOf, type Frame, type Peer } from '../peer.ts'

const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/
const DAY_MS = 86_400_000

interface Sent {
  readonly sender: Peer
  readonly event: Frame
  readonly offset: unknown
}

/** Sends a guest's broadcast, and waits for its event at the sender. */
async function broadcast(lab: Lab, message: unknown, extra: Fields = {}, options: OpenOptions = {}): Promise<Sent> {
  const sender = await lab.guest(options)
  const { offset } = await sender.ask(EVENT.broadcast, { message }, extra)
  const event = await sender.event((frame) => frame['offset'] === offset, 'its own event')
  return { sender, event, offset }
}

const FIELDS: readonly Case[] = [
  {
    id: 'event.id',
    section: 2,
    checks: 'the id of an event is a UUIDv7, and each event has another one',
    run: async (lab) => {
      const [one, other] = [await broadcast(lab, 1), await broadcast(lab, 1)]
      for (const { event } of [one, other]) expectThat(UUID_V7.test(String(event['id'])), 'a UUIDv7', event['id'])
      expectThat(one.event['id'] !== other.event['id'], 'two ids', one.event['id'])
    },
  },
  {
    id: 'event.timestamp',
    section: 2,
    checks: 'timestamp is Unix time in milliseconds',
    run: async (lab) => {
      const { event } = await broadcast(lab, 1)
      const timestamp = expectInteger(event['timestamp'], 'timestamp')
      expectThat(Math.abs(timestamp - systemClock.wallMs()) < DAY_MS, 'now', timestamp)
    },
  },
  {
    id: 'event.names',
    section: 2,
    checks: 'an event of a namespace has its type and namespace, but no room',
    run: async (lab) => {
      const { event, sender } = await broadcast(lab, 1)
      expectEqual(event['eventType'], EVENT.broadcast, 'eventType')
      expectEqual(event['namespace'], sender.namespace, 'namespace')
      expectThat(!('room' in event), 'no room', event)
    },
  },
  {
    id: 'event.room',
    section: 2,
    checks: 'an event of a room names its room',
    needs: PLAYERS,
    run: async (lab) => {
      const player = await lab.player()
      const room = await lab.room(player)
      const { offset } = await player.ask(EVENT.broadcast, { message: 1 }, { room })
      const event = await player.event((frame) => frame['offset'] === offset, 'the event')
      expectEqual(event['room'], room, 'room')
    },
  },
  {
    id: 'event.user-id',
    section: 2,
    checks: 'userId is that of the sender',
    run: async (lab) => {
      const { event, sender } = await broadcast(lab, 1)
      expectEqual(event['userId'], sender.userId, 'userId')
    },
  },
  {
    id: 'event.user-id-claimed',
    section: 2,
    checks: "a userId in the client's request is ignored",
    run: async (lab) => {
      const { event, sender } = await broadcast(lab, 1, { userId: 'mallory' })
      expectEqual(event['userId'], sender.userId, 'userId')
    },
  },
  {
    id: 'event.claims',
    section: 2,
    checks: "offset, prev, timestamp and namespace in the client's request are ignored",
    run: async (lab) => {
      const claims = { offset: 1, prev: 0, timestamp: 1, namespace: 'other' }
      const { event, sender } = await broadcast(lab, 1, claims)
      expectThat(event['offset'] !== 1 && event['timestamp'] !== 1, "the server's own", event)
      expectEqual(event['namespace'], sender.namespace, 'namespace')
    },
  },
  {
    id: 'event.id-not-the-requests',
    section: 2,
    checks: "the event's id is not the request's",
    run: async (lab) => {
      const sender = await lab.guest()
      const message = lab.name('message')
      sender.send({ id: 'mine', eventType: EVENT.broadcast, payload: { message } })
      const event = await sender.event((frame) => payloadOf(frame)['message'] === message, 'the event')
      expectThat(event['id'] !== 'mine', 'an id of its own', event['id'])
    },
  },
  {
    id: 'event.server',
    section: 8,
    checks: 'a broadcast by REST reaches the namespace, and its sender is not a user',
    needs: PLAYERS_AND_ADMIN,
    run: async (lab) => {
      const player = await lab.player()
      const { namespace } = player
      const body = { namespace, message: { from: 'REST' } }
      const { offset } = await lab.admin('POST', '/api/v1/broadcast', body)
      const event = await player.event((frame) => frame['offset'] === offset, 'the event')
      expectEqual(payloadOf(event)['message'], body.message, 'message')
      expectThat(!/^[A-Za-z0-9_-]{1,64}$/.test(String(event['userId'])), 'no user id', event['userId'])
    },
  },
  {
    id: 'event.listed',
    section: 8,
    checks: 'GET /api/v1/events returns the event',
    needs: ['admin'],
    run: async (lab) => {
      const { event, offset } = await broadcast(lab, lab.name('message'))
      const since = Number(offset) - 1
      const { items } = await lab.admin('GET', `/api/v1/events?type=${EVENT.broadcast}&since=${since}&limit=10`)
      const found = (items as readonly Fields[]).find((item) => item['id'] === event['id'])
      expectEqual(found?.['payload'], event['payload'], 'its payload')
    },
  },
]

const VALUES: readonly (readonly [id: string, checks: string, value: unknown])[] = [
  ['null', 'null', null],
  ['booleans', 'true and false', [true, false]],
  [
    'integers',
    'integers up to 2^53 - 1',
    [0, 1, -1, 127, 128, 65_536, 2 ** 31, -(2 ** 31), 2 ** 53 - 1, -(2 ** 53) + 1],
  ],
  ['doubles', 'doubles with all their bits', [0.1, 1 / 3, 1e300, 5e-324, 1.797_693_134_862_315_7e308, -1e-7]],
  ['text', 'text outside of the basic plane', '𝄞 👩‍👩‍👧 \u202E e\u0301 é'],
  ['controls', 'control characters, quotes and backslashes', '\u0000\u0001\n\r\t"\\/\u2028\u2029'],
  ['html', 'HTML is ordinary data', '<script>alert("x")</script>&amp;'],
  ['empty', 'empty things', ['', [], {}]],
  ['keys', 'keys of any text, even an empty one', { '': 1, 'a.b': 2, 'ü 𝄞': 3, length: 4, toString: 5 }],
  ['nested', '32 levels, counting envelope and payload', nest(30)],
  ['long', 'a text of 4,000 characters', 'abcdefgh'.repeat(500)],
  ['many', 'a list of 500', Array.from({ length: 500 }, (_, i) => i)],
]

function nest(levels: number): unknown {
  return levels === 0 ? 'bottom' : levels % 2 === 0 ? [nest(levels - 1)] : { in: nest(levels - 1) }
}

const PAYLOADS: readonly Case[] = VALUES.flatMap(([id, checks, message]) =>
  inBoth(`value.${id}`, (encoding) => ({
    section: 2,
    checks: `the payload arrives equal in value: ${checks}`,
    run: async (lab) => {
      const { event } = await broadcast(lab, message, {}, { encoding })
      expectEqual(payloadOf(event)['message'], message, 'message')
    },
  })),
)

const DEPTH: readonly Case[] = [
  {
    id: 'value.whole-payload',
    section: 2,
    checks: 'the whole payload arrives, even fields that the event type does not know',
    run: async (lab) => {
      const sender = await lab.guest()
      const payload = { message: lab.name('message'), extra: { of: 'a game' } }
      await sender.ask(EVENT.broadcast, payload)
      const event = await sender.event(
        (frame) => isEvent(EVENT.broadcast)(frame) && payloadOf(frame)['message'] === payload.message,
        'the event',
      )
      expectEqual(event['payload'], payload, 'payload')
    },
  },
  {
    id: 'value.lone-surrogate',
    section: 2,
    checks: 'a lone surrogate is sent as well-formed JSON, and as UTF-8 in msgpack',
    run: async (lab) => {
      const [text, binary] = await Promise.all([lab.guest(), lab.guest({ encoding: 'msgpack' })])
      const marker = lab.name('message')
      text.sendBytes(`{"eventType":"${EVENT.broadcast}","payload":{"message":["${marker}","\\ud800"]}}`)
      for (const peer of [text, binary]) {
        const event = await peer.event((frame) => JSON.stringify(frame).includes(marker), 'the event')
        const [, came] = payloadOf(event)['message'] as readonly unknown[]
        expectThat(came === '\ud800' || came === '\ufffd', 'the surrogate, or U+FFFD', came)
      }
    },
  },
]

export const EVENT_CASES: readonly Case[] = [...FIELDS, ...PAYLOADS, ...DEPTH]
