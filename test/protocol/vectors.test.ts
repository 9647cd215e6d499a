import t from 'tap'
import { readVectors } from '../../src/conformance/vectors.ts'
import { inEncoding } from '../../src/fanout/encodings.ts'
import { buildFrame } from '../../src/hub/event-frame.ts'
import { decodeFrame, encodeFrame } from '../../src/protocol/codec.ts'
import { mayReconnect } from '../../src/protocol/close-codes.ts'
import { parseRequest } from '../../src/protocol/envelope.ts'
import { Refusal } from '../../src/protocol/errors.ts'
import { decodeMsgpack } from '../../src/protocol/msgpack.ts'
import { parseCursor } from '../../src/session/cursor.ts'

const LIMITS = { depthMax: 32, keysMax: 4096 }

const bytesOf = (hex: string) => new Uint8Array(Buffer.from(hex, 'hex'))
const utf8 = (text: string) => new TextEncoder().encode(text)

t.test('requests decode to the same value from both encodings, and are requests', async (t) => {
  for (const { name, json, msgpack, value } of readVectors('requests')) {
    t.strictSame(decodeFrame(utf8(json), 'json', LIMITS), value, `${name}: JSON`)
    t.strictSame(decodeFrame(bytesOf(msgpack), 'msgpack', LIMITS), value, `${name}: msgpack`)
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

t.test('what is no request is refused with its code and place', async (t) => {
  for (const { name, encoding, text, hex, code, path } of readVectors('refused-requests')) {
    const refusal = refusalOf(() =>
      parseRequest(decodeFrame(hex === undefined ? utf8(text ?? '') : bytesOf(hex), encoding, LIMITS)),
    )
    t.equal(refusal?.code, code, name)
    if (path !== undefined) t.equal(refusal?.details?.['path'], path, `${name}: the place`)
  }
})

t.test('an event has the same fields in both encodings', async (t) => {
  for (const { name, body, offset, prev, json, msgpack, value } of readVectors('event-frames')) {
    const frame = buildFrame(offset, prev, utf8(body))
    t.equal(Buffer.from(inEncoding(frame, 'json')).toString(), json, `${name}: JSON, to the byte`)
    t.strictSame(decodeMsgpack(inEncoding(frame, 'msgpack')), value, `${name}: msgpack`)
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
      t.strictSame(decodeFrame(bytes, 'msgpack', LIMITS), value, `${JSON.stringify(text)} after ${length}`)
    }
  }
})

t.test('lone surrogates of an event leave as U+FFFD in msgpack, and as they came in JSON', async (t) => {
  const strict = new TextDecoder('utf-8', { fatal: true })
  const body = utf8(JSON.stringify({ payload: { '\udfff': ['\ud800', 1, null, '𝄞', 'x'.repeat(200) + '\ud800'] } }))
  const frame = buildFrame(2, 1, body)
  t.strictSame(decodeFrame(inEncoding(frame, 'msgpack'), 'msgpack', LIMITS), {
    offset: 2,
    prev: 1,
    payload: { '\ufffd': ['\ufffd', 1, null, '𝄞', 'x'.repeat(200) + '\ufffd'] },
  })
  t.match(strict.decode(inEncoding(frame, 'json')), '\\ud800')
})

t.test('text that only looks like an escaped surrogate leaves as it is', async (t) => {
  const body = utf8(JSON.stringify({ text: '\\ud800' }))
  const frame = inEncoding(buildFrame(2, 1, body), 'msgpack')
  t.strictSame(decodeMsgpack(frame), { offset: 2, prev: 1, text: '\\ud800' })
})

t.test('60,000 levels are refused, and do not overflow the stack', async (t) => {
  const json = utf8('['.repeat(60_000) + ']'.repeat(60_000))
  t.equal(refusalOf(() => decodeFrame(json, 'json', LIMITS))?.code, 'BAD_REQUEST')
  t.equal(refusalOf(() => decodeFrame(bytesOf('91'.repeat(60_000)), 'msgpack', LIMITS))?.code, 'BAD_REQUEST')
})

t.test('ten thousand keys are refused in less than 5 ms', async (t) => {
  const object = Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`k${i}`, 1]))
  for (const encoding of ['json', 'msgpack'] as const) {
    const encoded = encodeFrame({ eventType: 'core.game.state.broadcast', payload: { message: object } }, encoding)
    const bytes = typeof encoded === 'string' ? utf8(encoded) : encoded
    const text = JSON.stringify(object)
    const tookMs = bestOf(40, () => {
      t.equal(refusalOf(() => decodeFrame(bytes, encoding, LIMITS))?.code, 'BAD_REQUEST', encoding)
    })
    // 5 ms, or on a machine that is slow now what parsing it takes three times.
    const allowedMs = Math.max(5, 3 * bestOf(40, () => void JSON.parse(text)))
    t.ok(tookMs < allowedMs, `${encoding}: ${tookMs.toFixed(2)} ms of ${allowedMs.toFixed(2)} ms`)
  }
})

/** In milliseconds. */
function bestOf(times: number, action: () => void): number {
  const tookMs = Array.from({ length: times }, () => {
    const startedMs = performance.now()
    action()
    return performance.now() - startedMs
  })
  return Math.min(...tookMs)
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
