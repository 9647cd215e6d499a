/** Bad envelopes in both encodings, and too many of them, against real servers over real sockets. */
import { setTimeout as sleep } from 'node:timers/promises'
import { Packr } from 'msgpackr'
import t from 'tap'
import { openClient, type TestClient } from '../helpers/client.ts'
import { startServer } from '../helpers/server.ts'
import { codeOf, shown, stayedUp } from './support.ts'

t.jobs = 4
const BROADCAST = 'core.game.state.broadcast'
const PING = 'core.game.session.ping'
const RATE = 10
const BURST = 4 * RATE
const packr = new Packr({ useRecords: false })

// What the soft frame limit would refuse is to be refused for what it holds.
const [server, strict] = await Promise.all([
  startServer(t, { MAX_PAYLOAD_BYTES: '256KiB', RATE_BYTES: '64MiB' }),
  startServer(t, { RATE_MESSAGES: String(RATE), RATE_BYTES: '64KiB' }),
])
const witness = await openClient(server)
t.teardown(() => witness.terminate())

/** `BAD_REQUEST payload.x`: what one frame is refused with, after which the socket must still be good. */
async function refusal(frame: Uint8Array | string): Promise<string> {
  const client = await openClient(server, { encoding: typeof frame === 'string' ? 'json' : 'msgpack' })
  client.sendBytes(frame)
  const refused = await client.next(({ success }) => success === false)
  const { code, details } = refused['error'] as { code: string; details?: { path?: string } }
  const after = await client.request(PING, {})
  if (!after.success) throw new Error('the socket does not answer any more')
  await client.close()
  return `${code} ${details?.path ?? ''}`.trim()
}

/** An envelope as JSON with this `message`, written as text. */
const withMessage = (message: string) => `{"eventType":"${BROADCAST}","payload":{"message":${message}}}`
const nested = (open: string, close: string, depth: number, inner = '') =>
  open.repeat(depth) + inner + close.repeat(depth)

t.test('what is not JSON is a bad request', async (t) => {
  const good = withMessage('1')
  const bad = {
    'no JSON': 'hello',
    empty: '',
    'white space': ' \n ',
    'a trailing comma': `${good.slice(0, -1)},}`,
    'cut off': good.slice(0, -1),
    'two values': good + good,
    'something behind it': `${good}x`,
    NaN: withMessage('NaN'),
    Infinity: withMessage('-Infinity'),
    hexadecimal: withMessage('0x10'),
    'a leading zero': withMessage('01'),
    'single quotes': good.replaceAll('"', "'"),
    'a comment': `/**/${good}`,
    'a byte order mark': `\uFEFF${good}`,
    'a control character in a string': withMessage('"\u0001"'),
    'a bad escape': withMessage(String.raw`"\x41"`),
    NUL: '\0',
  }
  for (const [name, text] of Object.entries(bad)) t.equal(await refusal(text), 'BAD_REQUEST', name)
})

t.test('an envelope is an object', async (t) => {
  for (const text of ['[]', `[${withMessage('1')}]`, '7', 'null', 'true', '"core.game.session.ping"']) {
    t.equal(await refusal(text), 'BAD_REQUEST', text)
    t.equal(await refusal(packr.pack(JSON.parse(text))), 'BAD_REQUEST', `${text} in msgpack`)
  }
})

t.test('numbers that JSON cannot carry on are bad requests', async (t) => {
  for (const number of ['1e400', '-1e400', '[1,[2,1e999]]']) {
    t.match(await refusal(withMessage(number)), /^BAD_REQUEST payload\.message/, number)
  }
})

t.test('what is nested too deep is a bad request, however deep', async (t) => {
  // Envelope and payload are the first two of 32 levels.
  const client = await openClient(server)
  client.sendBytes(`{"id":"deep",${withMessage(nested('[', ']', 30)).slice(1)}`)
  t.match(await client.reply('deep'), { success: true }, 'as deep as it may be')
  await client.close()
  t.match(await refusal(withMessage(nested('[', ']', 31))), /^BAD_REQUEST payload\.message/)
  t.match(await refusal(withMessage(nested('[', ']', 60_000))), /^BAD_REQUEST/)
  t.match(await refusal(withMessage(nested('{"a":', '}', 30_000, '1'))), /^BAD_REQUEST/)
  t.equal(await refusal('['.repeat(100_000)), 'BAD_REQUEST', 'and never closed')
})

t.test('forbidden keys are bad requests wherever they stand', async (t) => {
  for (const key of ['__proto__', 'constructor', 'prototype']) {
    const envelope = { eventType: BROADCAST, payload: { message: 1 } }
    const placed = (at: string) => JSON.stringify(envelope).replace(at, `"${key}":{"polluted":1},${at}`)
    t.equal(await refusal(placed('"eventType"')), `BAD_REQUEST ${key}`)
    t.equal(await refusal(placed('"message"')), `BAD_REQUEST payload.${key}`)
    const deep = withMessage(`[{"x":{"${key}":1}}]`)
    t.equal(await refusal(deep), `BAD_REQUEST payload.message[0].x.${key}`)
    const escaped = `\\u${key.charCodeAt(0).toString(16).padStart(4, '0')}${key.slice(1)}`
    t.equal(await refusal(deep.replace(key, escaped)), `BAD_REQUEST payload.message[0].x.${key}`, 'escaped')
    const map = new Map<string, unknown>([['eventType', BROADCAST]])
    map.set('payload', new Map([['message', new Map([[key, 1]])]]))
    t.match(await refusal(packr.pack(map)), /^BAD_REQUEST/, `${key} in msgpack`)
  }
})

t.test('fields of a wrong type are named', async (t) => {
  const envelope = { eventType: PING, payload: {} }
  const bad: readonly [string, Readonly<Record<string, unknown>>][] = [
    ['id', { ...envelope, id: 7 }],
    ['id', { ...envelope, id: null }],
    ['id', { ...envelope, id: '' }],
    ['id', { ...envelope, id: 'x'.repeat(65) }],
    ['id', { ...envelope, id: ['x'] }],
    ['eventType', { payload: {} }],
    ['eventType', { ...envelope, eventType: 7 }],
    ['eventType', { ...envelope, eventType: [PING] }],
    ['payload', { eventType: PING }],
    ['payload', { ...envelope, payload: null }],
    ['payload', { ...envelope, payload: [] }],
    ['payload', { ...envelope, payload: 'x' }],
    ['room', { ...envelope, room: 7 }],
    ['room', { ...envelope, room: '' }],
    ['room', { ...envelope, room: 'a/b' }],
  ]
  for (const [path, value] of bad) {
    t.equal(await refusal(JSON.stringify(value)), `BAD_REQUEST ${path}`, shown(value))
    t.equal(await refusal(packr.pack(value)), `BAD_REQUEST ${path}`, 'the same in msgpack')
  }
  const client = await openClient(server)
  const extra = { traceparent: 'nonsense', userId: 'root', offset: 7, unheard: ['of'] }
  t.match(await client.request(PING, {}, extra), { success: true }, 'what is unknown or optional is passed over')
  await client.close()
})

t.test('event types are compared whole', async (t) => {
  const unknown = ['core.game.state.Broadcast', PING.toUpperCase(), `${PING} `, 'toString', '__proto__', 'constructor']
  for (const eventType of [...unknown, '', 'core.game.session.ready', 'core.game.reply', 'x'.repeat(10_000)]) {
    const text = JSON.stringify({ eventType, payload: {} })
    t.equal(await refusal(text), 'UNKNOWN_EVENT', shown(eventType))
    t.equal(await refusal(packr.pack(JSON.parse(text))), 'UNKNOWN_EVENT', 'the same in msgpack')
  }
})

t.test('msgpack that is cut off is a bad request wherever it is cut', async (t) => {
  const whole = packr.pack({
    id: 'cut',
    eventType: BROADCAST,
    payload: { message: [1, 'zwei', 3.5, null, { a: true }] },
  })
  for (let length = 0; length < whole.length; length++) {
    t.equal(await refusal(whole.subarray(0, length)), 'BAD_REQUEST', `${length} of ${whole.length} bytes`)
  }
})

t.test('msgpack that would make a decoder pay is a bad request, at once', async (t) => {
  const before = Buffer.concat([
    Buffer.of(0x82, 0xa9, ...Buffer.from('eventType'), 0xb9, ...Buffer.from(BROADCAST)),
    Buffer.of(0xa7, ...Buffer.from('payload'), 0x81, 0xa7, ...Buffer.from('message')),
  ])
  const message = (...bytes: number[]) => Buffer.concat([before, Buffer.from(bytes)])
  const repeated = (bytes: number[], times: number) =>
    Buffer.concat([before, Buffer.alloc(bytes.length * times, Buffer.from(bytes)), Buffer.of(0xc0)])
  const ff = [0xff, 0xff, 0xff, 0xff]
  const cases = {
    'a string of 2^32 - 1 bytes': message(0xdb, ...ff, 0x61),
    'a string of 2^16 - 1 bytes': message(0xda, 0xff, 0xff, 0x61),
    'an array of 2^32 - 1 elements': message(0xdd, ...ff, 0xc0),
    'a map of 2^32 - 1 entries': message(0xdf, ...ff, 0xa1, 0x61, 0xc0),
    'bytes of 2^32 - 1': message(0xc6, ...ff, 0x00),
    'bytes at all': message(0xc4, 0x01, 0x00),
    'an extension of 1 byte': message(0xd4, 0x01, 0x00),
    'a timestamp': message(0xd6, 0xff, 0x00, 0x00, 0x00, 0x00),
    'an extension of 2^32 - 1 bytes': message(0xc9, ...ff, 0x01),
    'a type that is none': message(0xc1),
    'a depth bomb of arrays': repeated([0x91], 60_000),
    'a depth bomb of maps': repeated([0x81, 0xa1, 0x61], 60_000),
    'ten thousand elements': message(0xdc, 0x27, 0x10, ...Array.from({ length: 10_000 }, () => 0xc0)),
    'a key that is a number': message(0x81, 0x01, 0x01),
    'a key that is nil': message(0x81, 0xc0, 0x01),
    'an integer above 2^53': message(0xcf, 0x00, 0x20, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01),
    'an integer under -2^53': message(0xd3, 0xff, 0xdf, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe),
    NaN: message(0xcb, 0x7f, 0xf8, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00),
    Infinity: message(0xca, 0x7f, 0x80, 0x00, 0x00),
    'something behind it': message(0x01, 0x01),
    'a record of msgpackr': Buffer.of(0xd4, 0x72, 0x40, 0x91, 0xa1, 0x61, 0x01),
  }
  for (const [name, bytes] of Object.entries(cases)) {
    const startedMs = performance.now()
    t.match(await refusal(bytes), /^BAD_REQUEST/, name)
    t.ok(performance.now() - startedMs < 500)
  }
})

t.test('the fifth bad frame in a minute closes with 4500', async (t) => {
  for (const encoding of ['json', 'msgpack'] as const) {
    const client = await openClient(server, { encoding })
    for (let i = 0; i < 4; i++) client.send([i])
    t.match(await client.request(PING, {}), { success: true }, 'four are borne')
    client.send([])
    t.match(await client.closed, { code: 4500 })
    t.equal(client.frames.filter(({ success }) => success === false).length, 5, 'each was answered')
  }
})

t.test('above the rate requests are refused and not done, and for 10 s the connection is closed', async (t) => {
  const [client, peer] = await Promise.all([openClient(strict), openClient(strict)])
  const startedMs = performance.now()
  for (let i = 0; i < 2 * BURST; i++) {
    client.send({ id: `m${i}`, eventType: BROADCAST, payload: { message: i } })
  }
  t.match(await client.reply(`m${BURST - 1}`), { success: true })
  t.match(await client.reply(`m${2 * BURST - 1}`), {
    success: false,
    error: { code: 'RATE_LIMITED', retryable: true, details: { retry_after_ms: Number } },
  })
  const done = client.frames.filter(({ success }) => success === true).length
  t.ok(done >= BURST && done < BURST + 5, `${done} were done`)
  await sleep(100)
  t.equal(peer.events.length, done, 'and nobody got the others')

  const timer = setInterval(() => client.send({ eventType: PING, payload: {} }), 20)
  t.match(await client.closed, { code: 4004 })
  clearInterval(timer)
  const tookMs = performance.now() - startedMs
  t.ok(tookMs > 9_000 && tookMs < 13_000, `after ${Math.round(tookMs)} ms`)
  await peer.close()
})

t.test('bytes have a rate, too', async (t) => {
  const client = await openClient(strict)
  const padding = 'x'.repeat(15_000)
  for (let i = 0; i < 30; i++) client.send({ id: `p${i}`, eventType: PING, payload: { padding } })
  t.match(await client.reply('p0'), { success: true })
  t.match(await client.reply('p29'), { error: { code: 'RATE_LIMITED', details: { retry_after_ms: Number } } })
  await client.close()
})

// By itself, as it measures.
t.test('ten thousand keys are refused in less than 5 ms', { buffered: false }, async (t) => {
  const keys = Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`k${i}`, 0]))
  const cases = { keys, elements: Object.values(keys), maps: Array.from({ length: 10_000 }, () => ({})) }
  for (const [name, message] of Object.entries(cases)) {
    const frame = withMessage(JSON.stringify(message))
    const fine = JSON.stringify({ id: 'fine', eventType: PING, payload: {} }).padEnd(frame.length)
    let refusedMs = Infinity
    let fineMs = Infinity
    let parsedMs = Infinity
    // 5 ms, or on a machine that is slow now what parsing it takes three times. The best of some: others use it, too.
    const allowedMs = () => Math.max(5, 3 * parsedMs)
    for (let i = 0; i < 5 || (i < 40 && refusedMs - fineMs >= allowedMs()); i++) {
      const startedMs = performance.now()
      JSON.parse(frame)
      parsedMs = Math.min(parsedMs, performance.now() - startedMs)
      const client = await openClient(server)
      fineMs = Math.min(fineMs, await answeredIn(client, fine, 'fine'))
      refusedMs = Math.min(refusedMs, await answeredIn(client, frame, undefined))
      t.equal(codeOf(await client.reply(undefined)), 'BAD_REQUEST', name)
      await client.close()
    }
    const more = `${refusedMs.toFixed(1)} ms, and ${fineMs.toFixed(1)} ms for white space of that size`
    t.ok(refusedMs - fineMs < allowedMs(), `${more}; ${parsedMs.toFixed(1)} ms to parse it`)
  }
})

async function answeredIn(client: TestClient, frame: string, id: string | undefined): Promise<number> {
  const startedMs = performance.now()
  client.sendBytes(frame)
  await client.reply(id)
  return performance.now() - startedMs
}

t.test('after all of that the servers are as they were', { buffered: false }, async (t) => {
  const { events } = witness
  t.equal(events.length, 1, 'none of it became an event, but the one that was good')
  await stayedUp(t, server)
  await stayedUp(t, strict)
})
