import t from 'tap'
import { readVectors } from '../../src/conformance/vectors.ts'
import { inEncoding } from '../../src/fanout/encodings.ts'
import { placeAlone } from '../../src/hub/pack-event.ts'
import { decodeFrame, encodeFrame } from '../../src/protocol/codec.ts'
import { mayReconnect } from '../../src/protocol/close-codes.ts'
import { isRequest, parseRequest, readRequestId } from '../../src/protocol/envelope.ts'
import { Refusal } from '../../src/protocol/errors.ts'
import type { Encoding } from '../../src/protocol/events.ts'
import { namespaceChannel, userChannel, type Namespace, type UserId } from '../../src/protocol/ids.ts'
import { decodeMsgpack } from '../../src/protocol/msgpack.ts'
import { parseCursor } from '../../src/session/cursor.ts'

const CHANNEL = namespaceChannel('private' as Namespace)
const LIMITS = { depthMax: 32, keysMax: 4096 }

const bytesOf = (hex: string) => new Uint8Array(Buffer.from(hex, 'hex'))
const utf8 = (text: string) => new TextEncoder().encode(text)

t.test('requests decode to the same value from both encodings, and are requests', async (t) => {
  for (const { name, json, msgpack, value } of readVectors('requests')) {
    // As text, as tap takes a key named `constructor` for what the object is.
    const text = JSON.stringify(value)
    t.equal(JSON.stringify(accept(utf8(json), 'json')), text, `${name}: JSON`)
    t.equal(JSON.stringify(accept(bytesOf(msgpack), 'msgpack')), text, `${name}: msgpack`)
    const { eventType, payload, id, room, traceparent } = parseRequest(value)
    t.strictSame(
      { eventType, payload, id, room, traceparent },
      {
        eventType: value['eventType'],
        payload: value['payload'],
        id: value['id'],
        room: value['room'],
        traceparent: value['traceparent'],
      },
      `${name}: the request`,
    )
  }
})

t.test('what is refused is refused with its code and place, and the id to answer to is found', async (t) => {
  for (const { name, encoding, text, hex, code, path, replyTo } of readVectors('refused-requests')) {
    const bytes = hex === undefined ? utf8(text ?? '') : bytesOf(hex)
    const refusal = refusalOf(() => parseRequest(accept(bytes, encoding)))
    t.equal(refusal?.code, code, name)
    if (path !== undefined) t.equal(refusal?.details?.['path'], path, `${name}: the place`)
    if (replyTo === undefined) continue
    const { value } = decodeFrame(bytes, encoding, LIMITS)
    t.equal(readRequestId(value), replyTo, `${name}: the id`)
    if (path !== 'eventType') t.ok(isRequest(value), `${name}: it is a request with a mistake in it`)
  }
})

t.test('bytes that are no request are told from a request with a refused value', async (t) => {
  const noRequests = {
    json: ['', '{', '[]', '7', '{}', '{"eventType":1}', '[1e400]'].map(utf8),
    msgpack: ['', '90', '07', '80', '81a96576656e745479706501', '91c0c0', 'c1', '91cb7ff8000000000000'].map(bytesOf),
  }
  for (const encoding of ['json', 'msgpack'] as const) {
    for (const bytes of noRequests[encoding]) {
      let value: unknown
      refusalOf(() => (value = decodeFrame(bytes, encoding, LIMITS).value))
      t.notOk(isRequest(value), `${encoding}: ${Buffer.from(bytes).toString('latin1')}`)
    }
  }
})

t.test('the id is found behind and in front of whatever is refused, without building it', async (t) => {
  const bomb = Buffer.concat([Buffer.alloc(200_000, 0x91), Buffer.of(0xc0)])
  const wide = Buffer.concat([Buffer.of(0xdd, 0, 3, 0, 0), Buffer.alloc(3 * 65_536, 0xc0)])
  const text = (text: string) => Buffer.concat([Buffer.of(0xa0 | text.length), utf8(text)])
  for (const refused of [bomb, wide]) {
    const fields = [text('eventType'), text('core.game.session.ping'), text('payload'), refused]
    for (const parts of [
      [text('id'), text('r1'), ...fields],
      [...fields, text('id'), text('r1')],
    ]) {
      const bytes = Buffer.concat([Buffer.of(0x83), ...parts])
      const { value, refusal } = decodeFrame(bytes, 'msgpack', LIMITS)
      t.strictSame({ ...Object(value) }, { id: 'r1', eventType: 'core.game.session.ping' })
      t.match(refusal?.details?.['path'], /^payload/)
      t.match(
        refusalOf(() => accept(bytes.subarray(0, -1), 'msgpack')),
        { message: 'not valid msgpack' },
        'cut off',
      )
    }
  }
})

t.test('an event has the same fields in both encodings', async (t) => {
  for (const { name, channel, body, offset, prev, json, msgpack, value } of readVectors('event-frames')) {
    const goesTo = channel === 'user' ? userChannel('bob' as UserId) : CHANNEL
    const { frame } = placeAlone({ channel: goesTo, body: utf8(body) }, { offset, prev })
    t.equal(Buffer.from(inEncoding(frame, 'json')).toString(), json, `${name}: JSON, to the byte`)
    t.strictSame(decodeMsgpack(inEncoding(frame, 'msgpack')), value, `${name}: msgpack`)
    t.equal(Buffer.from(inEncoding(frame, 'msgpack')).toString('hex'), msgpack, `${name}: msgpack, to the byte`)
    t.strictSame(decodeMsgpack(bytesOf(msgpack)), value, `${name}: the vector itself`)
  }
})

t.test('a client connects again after these close codes, and not after those', async (t) => {
  for (const { name, code, reconnect } of readVectors('close-codes')) t.equal(mayReconnect(code), reconnect, name)
})

t.test('a cursor is an epoch and an offset', async (t) => {
  for (const { name, since, cursor } of readVectors('resume')) {
    const parsed = parseCursor(since.replace('{epoch}', 'e7').replace('{offset}', '42'))
    if (cursor === null) t.equal(parsed, undefined, name)
    else t.match(parsed, { offset: 42 }, name)
  }
})

t.test('lone surrogates leave as well-formed JSON', async (t) => {
  const frame = String(encodeFrame({ text: '\ud800' }, 'json'))
  t.equal(frame, '{"text":"\\ud800"}')
  t.ok(frame.isWellFormed())
})

t.test('text of any length and script passes the msgpack check unchanged', async (t) => {
  for (const text of ['', 'a', 'é', '€', '𝄞', '\ufeff', '\u0000', '\ud7ff\ue000\ufffd\u{10ffff}']) {
    for (const length of [0, 1, 30, 127, 128, 129, 300, 70_000]) {
      const value = { payload: { [text + 'k']: 'x'.repeat(length) + text } }
      const bytes = encodeFrame(value, 'msgpack') as Uint8Array
      t.strictSame(accept(bytes, 'msgpack'), value, `${JSON.stringify(text)} after ${length}`)
    }
  }
})

t.test('lone surrogates of an event leave as U+FFFD in msgpack, and as they came in JSON', async (t) => {
  const strict = new TextDecoder('utf-8', { fatal: true })
  const body = utf8(JSON.stringify({ payload: { '\udfff': ['\ud800', 1, null, '𝄞', 'x'.repeat(200) + '\ud800'] } }))
  const { frame } = placeAlone({ channel: CHANNEL, body }, { offset: 2, prev: 1 })
  t.strictSame(accept(inEncoding(frame, 'msgpack'), 'msgpack'), {
    offset: 2,
    prev: 1,
    payload: { '\ufffd': ['\ufffd', 1, null, '𝄞', 'x'.repeat(200) + '\ufffd'] },
  })
  t.match(strict.decode(inEncoding(frame, 'json')), '\\ud800')
})

t.test('text that only looks like an escaped surrogate leaves as it is', async (t) => {
  const body = utf8(JSON.stringify({ text: '\\ud800' }))
  const frame = inEncoding(placeAlone({ channel: CHANNEL, body }, { offset: 2, prev: 1 }).frame, 'msgpack')
  t.strictSame(decodeMsgpack(frame), { offset: 2, prev: 1, text: '\\ud800' })
})

t.test('60,000 levels are refused, and do not overflow the stack', async (t) => {
  const json = utf8('['.repeat(60_000) + ']'.repeat(60_000))
  t.equal(refusalOf(() => accept(json, 'json'))?.code, 'BAD_REQUEST')
  t.equal(refusalOf(() => accept(bytesOf('91'.repeat(60_000)), 'msgpack'))?.code, 'BAD_REQUEST')
})

t.test('ten thousand keys are refused', async (t) => {
  const object = Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`k${i}`, 1]))
  for (const encoding of ['json', 'msgpack'] as const) {
    const encoded = encodeFrame({ eventType: 'core.game.state.broadcast', payload: { message: object } }, encoding)
    const bytes = typeof encoded === 'string' ? utf8(encoded) : encoded
    t.equal(refusalOf(() => accept(bytes, encoding))?.code, 'BAD_REQUEST', encoding)
  }
})

/** The value of a frame that is a request, or just a value of ours; throws what it is refused with. */
function accept(bytes: Uint8Array, encoding: Encoding): unknown {
  const { value, refusal } = decodeFrame(bytes, encoding, LIMITS)
  if (refusal) throw refusal
  return value
}

function refusalOf(action: () => unknown): Refusal | undefined {
  try {
    action()
  } catch (thrown) {
    if (thrown instanceof Refusal) return thrown
    throw thrown
  }
  return undefined
}
