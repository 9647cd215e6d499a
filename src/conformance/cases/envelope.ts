import { EVENT, type Encoding } from '../../protocol/events.ts'
import { encodeMsgpack } from '../../protocol/msgpack.ts'
import { inBoth, PLAYERS, type Case } from '../case.ts'
import { expectEqual, expectThat, fieldsOf, type Fields } from '../expect.ts'
import { expectErrorShape } from '../http.ts'
import type { Lab } from '../lab.ts'
import { isEvent, payloadOf } from '../peer.ts'

/**
 * Envelopes that are refused. They are text, because some cannot be made from values: `__proto__` is a normal key only in JSON.
 */
const REFUSED: readonly {
  readonly id: string
  readonly checks: string
  readonly envelope: string
  readonly code?: string
  /** How `details.path` ends. */
  readonly path?: string
}[] = [
  { id: 'array', checks: 'a list is not an envelope', envelope: '[]', path: '' },
  { id: 'number', checks: 'a number is not an envelope', envelope: '7', path: '' },
  { id: 'null', checks: 'null is not an envelope', envelope: 'null', path: '' },
  { id: 'string', checks: 'a string is not an envelope', envelope: '"core.game.session.ping"', path: '' },
  ...(['7', 'null', '""', '[]', '{}', `"${'x'.repeat(65)}"`] as const).map((id, i) => ({
    id: `id-${['number', 'null', 'empty', 'list', 'object', 'long'][i] ?? ''}`,
    checks: `an id that is ${['a number', 'null', 'empty', 'a list', 'an object', '65 characters long'][i] ?? ''}`,
    envelope: `{"id":${id},"eventType":"core.game.session.ping","payload":{}}`,
    path: 'id',
  })),
  { id: 'event-type-absent', checks: 'no eventType', envelope: '{"id":"r","payload":{}}', path: 'eventType' },
  {
    id: 'event-type-number',
    checks: 'an eventType that is a number',
    envelope: '{"id":"r","eventType":7,"payload":{}}',
    path: 'eventType',
  },
  ...['core.game.state.Broadcast', 'core.game.session.ready', 'core.game.reply', 'toString', ''].map((name, i) => ({
    id: `event-type-unknown-${['case', 'ready', 'reply', 'inherited', 'empty'][i] ?? ''}`,
    checks: `"${name}" is not an eventType that clients send`,
    envelope: JSON.stringify({ id: 'r', eventType: name, payload: {} }),
    code: 'UNKNOWN_EVENT',
  })),
  ...(['absent', 'null', '[]', '"x"', '7'] as const).map((payload) => ({
    id: `payload-${{ absent: 'absent', null: 'null', '[]': 'list', '"x"': 'string', '7': 'number' }[payload]}`,
    checks: `a payload that is ${payload}`,
    envelope: `{"id":"r","eventType":"core.game.session.ping"${payload === 'absent' ? '' : `,"payload":${payload}`}}`,
    path: 'payload',
  })),
  ...(['7', '""', '"a/b"', '"a#b"', `"${'x'.repeat(65)}"`] as const).map((room, i) => ({
    id: `room-${['number', 'empty', 'slash', 'hash', 'long'][i] ?? ''}`,
    checks: `a room that is ${['a number', 'empty', 'with a slash', 'with a #', '65 characters long'][i] ?? ''}`,
    envelope: `{"id":"r","eventType":"core.game.state.broadcast","room":${room},"payload":{"message":1}}`,
    path: 'room',
  })),
  {
    id: 'forbidden-proto',
    checks: 'the key __proto__ in the envelope',
    envelope: '{"id":"r","eventType":"core.game.session.ping","payload":{},"__proto__":{"x":1}}',
    path: '__proto__',
  },
  {
    id: 'forbidden-proto-deep',
    checks: 'the key __proto__ deep in the payload',
    envelope: '{"id":"r","eventType":"core.game.state.broadcast","payload":{"message":[{"a":{"__proto__":1}}]}}',
    path: '__proto__',
  },
  {
    id: 'deep',
    checks: '300 levels are too deep',
    envelope: `{"id":"r","eventType":"core.game.state.broadcast","payload":{"message":${'['.repeat(300)}${']'.repeat(300)}}}`,
  },
]

function refusedCases(): readonly Case[] {
  return REFUSED.flatMap(({ id, checks, envelope, code = 'BAD_REQUEST', path }) =>
    inBoth(`envelope.${id}`, (encoding) => ({
      section: code === 'UNKNOWN_EVENT' ? 3 : 2,
      checks: `${checks}: ${code}`,
      run: async (lab) => {
        const reply = await refusalOf(lab, encoding, envelope)
        const error = fieldsOf(reply['error'])
        expectEqual(error['code'], code, 'the code')
        expectEqual(reply['replyTo'], envelope.startsWith('{"id":"r",') ? 'r' : undefined, 'replyTo')
        const at = fieldsOf(error['details'])['path']
        if (path !== undefined) {
          expectThat(path === '' ? at === '' : String(at).endsWith(path), `details.path "${path}"`, error)
        }
      },
    })),
  )
}

/** Resolves to the reply. */
async function refusalOf(lab: Lab, encoding: Encoding, envelope: string): Promise<Fields> {
  const peer = await lab.guest({ encoding })
  if (encoding === 'json') peer.sendBytes(envelope)
  else peer.send(JSON.parse(envelope))
  const reply = await peer.event((frame) => frame['success'] === false, 'a reply with success: false')
  await peer.ask(EVENT.sessionPing, {})
  return reply
}

const ANSWERS: readonly Case[] = [
  ...inBoth('reply.exactly-one', (encoding) => ({
    section: 2,
    checks: 'a request with an id gets exactly one reply, whether it succeeds or not',
    run: async (lab) => {
      const peer = await lab.guest({ encoding })
      await peer.ask(EVENT.sessionPing, {})
      await peer.refused('BAD_REQUEST', EVENT.broadcast, {})
      await peer.ask(EVENT.broadcast, { message: lab.name('message') })
      await lab.expectNothing([peer], (frame) => isRepeated(peer.frames, frame), 'no second reply')
    },
  })),
  ...inBoth('reply.error-without-id', (encoding) => ({
    section: 2,
    checks: 'a request without an id that fails is answered without replyTo',
    run: async (lab) => {
      const peer = await lab.guest({ encoding })
      peer.send({ eventType: EVENT.broadcast, payload: {} })
      expectEqual((await peer.errorWithoutId())['code'], 'BAD_REQUEST', 'the code')
    },
  })),
  {
    id: 'reply.success-without-id',
    section: 2,
    checks: 'a request without an id that succeeds gets no reply',
    run: async (lab) => {
      const peer = await lab.guest()
      peer.send({ eventType: EVENT.sessionPing, payload: {} })
      await lab.expectNothing([peer], (frame) => 'success' in frame, 'no reply')
    },
  },
  {
    id: 'reply.error-shape',
    section: 5,
    checks: 'an error has a code of the contract, a message, and retryable',
    run: async (lab) => {
      const peer = await lab.guest()
      expectErrorShape(await peer.refused('BAD_REQUEST', EVENT.broadcast, {}))
      expectErrorShape(await peer.refused('NOT_IN_ROOM', EVENT.broadcast, { message: 1 }, { room: lab.name('room') }))
    },
  },
  ...[1, 64].map((length): Case => {
    return {
      id: `reply.id-${length}`,
      section: 2,
      checks: `an id of ${length} characters is returned unchanged`,
      run: async (lab) => {
        const peer = await lab.guest()
        const id = 'ü'.repeat(length)
        peer.send({ id, eventType: EVENT.sessionPing, payload: {} })
        await peer.reply(id)
      },
    }
  }),
  {
    id: 'reply.id-again',
    section: 2,
    checks: 'if an id is used again, it is answered again',
    run: async (lab) => {
      const peer = await lab.guest()
      for (let i = 0; i < 2; i++) peer.send({ id: 'again', eventType: EVENT.sessionPing, payload: {} })
      await peer.several((frame) => frame['replyTo'] === 'again', 2, 'replies')
    },
  },
]

function isRepeated(frames: readonly Fields[], { replyTo }: Fields): boolean {
  return replyTo !== undefined && frames.filter((frame) => frame['replyTo'] === replyTo).length > 1
}

/** More than a server accepts of frames that are not requests. */
const REFUSED_TIMES = 12
const HALF_AN_EMOJI = [0xa3, 0xed, 0xa0, 0xbd]

/** A broadcast whose message is always refused: in JSON a number beyond doubles, in msgpack a string that is not UTF-8. */
function refusedBroadcast(id: string, encoding: Encoding): string | Uint8Array {
  const before = { id, eventType: EVENT.broadcast, payload: { message: 1 } }
  if (encoding === 'json') return JSON.stringify(before).replace(':1}', ':1e400}')
  return Buffer.concat([encodeMsgpack(before).subarray(0, -1), Buffer.from(HALF_AN_EMOJI)])
}

const REFUSED_VALUES: readonly Case[] = [
  ...inBoth('reply.refused-values-are-requests', (encoding) => ({
    section: 5,
    checks: 'requests with a refused value are answered one by one, with their ids, and do not end the connection',
    run: async (lab) => {
      const peer = await lab.guest({ encoding })
      for (let i = 0; i < REFUSED_TIMES; i++) {
        peer.sendBytes(refusedBroadcast(`v${i}`, encoding))
        const { success, error } = await peer.reply(`v${i}`)
        const { code, details } = fieldsOf(error)
        const expected = { success: false, code: 'BAD_REQUEST', path: 'payload.message' }
        expectEqual({ success, code, path: fieldsOf(details)['path'] }, expected, 'the reply')
      }
      await peer.ask(EVENT.sessionPing, {})
      await lab.expectNothing([peer], (frame) => isRepeated(peer.frames, frame), 'no second reply')
    },
  })),
  ...inBoth('envelope.inherited-names', (encoding) => ({
    section: 2,
    checks: 'keys that objects inherit, such as constructor, are ordinary data',
    run: async (lab) => {
      const [sender, text, binary] = await Promise.all([
        lab.guest({ encoding }),
        lab.guest(),
        lab.guest({ encoding: 'msgpack' }),
      ])
      const names = { constructor: 'Ferrari', prototype: [1], toString: 1, toJSON: { a: 1 }, hasOwnProperty: null }
      const message = { to: lab.name('all'), ...names, deep: [names] }
      await sender.ask(EVENT.broadcast, { message })
      for (const peer of [text, binary]) {
        const isIts = (frame: Fields) => isEvent(EVENT.broadcast)(frame) && frame['userId'] === sender.userId
        expectEqual(payloadOf(await peer.event(isIts, 'the event'))['message'], message, 'the message')
      }
    },
  })),
]

const TRACEPARENT = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'

const FIELDS: readonly Case[] = [
  ...inBoth('envelope.unknown-fields', (encoding) => ({
    section: 2,
    checks: 'unknown fields are ignored',
    run: async (lab) => {
      const peer = await lab.guest({ encoding })
      await peer.ask(EVENT.sessionPing, {}, { nobody: ['knows', { this: true }], timestamp: 'x', prev: null })
    },
  })),
  {
    id: 'envelope.payload-extra',
    section: 3,
    checks: 'the payload may be empty if the request needs nothing',
    run: async (lab) => {
      const peer = await lab.guest()
      await peer.ask(EVENT.stateGet, {})
      await peer.ask(EVENT.presenceList, {})
    },
  },
  {
    id: 'envelope.traceparent-reply',
    section: 2,
    checks: "the reply carries the request's traceparent",
    run: async (lab) => {
      const peer = await lab.guest()
      const reply = await peer.request(EVENT.sessionPing, {}, { traceparent: TRACEPARENT })
      expectEqual(reply['traceparent'], TRACEPARENT, 'the traceparent')
    },
  },
  {
    id: 'envelope.traceparent-event',
    section: 2,
    checks: "the event carries the request's traceparent",
    needs: PLAYERS,
    run: async (lab) => {
      const peer = await lab.player()
      const message = lab.name('message')
      await peer.ask(EVENT.broadcast, { message }, { traceparent: TRACEPARENT })
      const event = await peer.event((frame) => payloadOf(frame)['message'] === message, 'the event')
      expectEqual(event['traceparent'], TRACEPARENT, 'the traceparent')
    },
  },
  {
    id: 'envelope.refused-does-nothing',
    section: 5,
    checks: 'a refused request is not carried out',
    run: async (lab) => {
      const peer = await lab.guest()
      const message = lab.name('message')
      await peer.refused('BAD_REQUEST', EVENT.broadcast, { message, retain: 'yes' })
      await peer.refused('NOT_IN_ROOM', EVENT.broadcast, { message }, { room: lab.name('room') })
      const isIts = (frame: Fields) => isEvent(EVENT.broadcast)(frame) && payloadOf(frame)['message'] === message
      await lab.expectNothing([peer], isIts, 'no event')
    },
  },
]

export const ENVELOPE_CASES: readonly Case[] = [...refusedCases(), ...ANSWERS, ...REFUSED_VALUES, ...FIELDS]
