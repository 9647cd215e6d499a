/** Bad envelopes in both encodings, and too many of them, against real servers over real sockets. */
import { Packr } from 'msgpackr'
import t from 'tap'
import { openClient } from '../helpers/client.ts'
import { startServer } from '../helpers/server.ts'
import { until } from '../helpers/until.ts'
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

t.test('the key __proto__ is a bad request wherever it stands', async (t) => {
  const key = '__proto__'
  const envelope = { eventType: BROADCAST, payload: { message: 1 } }
  const placed = (at: string) => JSON.stringify(envelope).replace(at, `"${key}":{"polluted":1},${at}`)
  t.equal(await refusal(placed('"eventType"')), `BAD_REQUEST ${key}`)
  t.equal(await refusal(placed('"message"')), `BAD_REQUEST payload.${key}`)
  const deep = withMessage(`[{"x":{"${key}":1}}]`)
  t.equal(await refusal(deep), `BAD_REQUEST payload.message[0].x.${key}`)
  const escaped = String.raw`\u005f_proto__`
  t.equal(await refusal(deep.replace(key, escaped)), `BAD_REQUEST payload.message[0].x.${key}`, 'escaped')
  const map = new Map<string, unknown>([['eventType', BROADCAST]])
  map.set('payload', new Map([['message', new Map([[key, 1]])]]))
  t.equal(await refusal(packr.pack(map)), `BAD_REQUEST payload.message.${key}`, 'in msgpack')
})

t.test('keys that objects inherit are data: they arrive as they were sent, live and as state', async (t) => {
  const inherited = { constructor: 'Ferrari', prototype: [1], toJSON: 1, toString: null, hasOwnProperty: {}, length: 2 }
  const message = { ...inherited, list: [inherited], deep: { constructor: inherited } }
  const text = JSON.stringify(message)
  for (const encoding of ['json', 'msgpack'] as const) {
    const [sender, json, msgpack] = await Promise.all([
      openClient(server, { encoding, token: server.mint('carol') }),
      openClient(server, { token: server.mint('alice') }),
      openClient(server, { encoding: 'msgpack', token: server.mint('bob') }),
    ])
    t.match(await sender.request('core.game.room.join', { room_id: `keys-${encoding}` }), { success: true })
    const room = { room: `keys-${encoding}` }
    t.match(await sender.request(BROADCAST, { message, retain: true }, room), { success: true })
    for (const peer of [json, msgpack]) {
      const joined = await peer.request('core.game.room.join', { room_id: room.room })
      t.equal(JSON.stringify((joined.data as { state: unknown }).state), text, 'as state')
      t.match(await sender.request(BROADCAST, { message: { live: message } }, room), { success: true })
      const event = await peer.next(({ payload }) => JSON.stringify(payload ?? '').includes('"live"'))
      t.equal(JSON.stringify((event['payload'] as { message: { live: unknown } }).message.live), text, 'live')
      await peer.close()
    }
    await sender.close()
  }
})

t.test('each refused value is answered once, with its id and place, and five of them close nothing', async (t) => {
  const valueAt = (bytes: readonly number[]) => {
    const before = packr.pack({ id: 'v', eventType: BROADCAST, payload: { message: { x: 0 } } })
    return Buffer.concat([before.subarray(0, -1), Buffer.from(bytes)])
  }
  const textAt = (value: string) => `{"id":"v",${withMessage(`{"x":${value}}`).slice(1)}`
  const frames: Readonly<Record<string, string | Buffer>> = {
    '1e400': textAt('1e400'),
    __proto__: textAt('{"__proto__":1}'),
    'too deep': textAt(nested('[', ']', 40)),
    'too many elements': textAt(`[${'0,'.repeat(5000)}0]`),
    NaN: valueAt([0xcb, 0x7f, 0xf8, 0, 0, 0, 0, 0, 0]),
    Infinity: valueAt([0xcb, 0x7f, 0xf0, 0, 0, 0, 0, 0, 0]),
    'a date': valueAt([0xd6, 0xff, 0, 0, 0, 0]),
    bytes: valueAt([0xc4, 1, 0]),
    'an integer over 2^53': valueAt([0xcf, 0, 0x20, 0, 0, 0, 0, 0, 1]),
    'half an emoji': valueAt([0xa3, 0xed, 0xa0, 0xbd]),
    'too deep in msgpack': valueAt([...Array.from({ length: 40 }, () => 0x91), 0xc0]),
    'a depth bomb': Buffer.concat([valueAt([]), Buffer.alloc(200_000, 0x91), Buffer.of(0xc0)]),
    'a key that is a number': valueAt([0x81, 0x01, 0x01]),
  }
  for (const [name, frame] of Object.entries(frames)) {
    const client = await openClient(server, { encoding: typeof frame === 'string' ? 'json' : 'msgpack' })
    for (let i = 0; i < 6; i++) client.sendBytes(frame)
    // Its answer comes behind those of all that was sent before it.
    t.match(await client.request(PING, {}), { success: true }, `${name}: the connection is there`)
    const refused = client.frames.filter(({ success }) => success === false)
    t.equal(refused.length, 6, `${name}: one reply each`)
    for (const { replyTo, error } of refused) {
      const { code, details } = error as { code: string; details: { path: string } }
      t.match({ replyTo, code, path: details.path }, { replyTo: 'v', code: 'BAD_REQUEST', path: /^payload.message.x/ })
    }
    await client.close()
  }
})

t.test('a request that is no good for its fields alone does not count as a bad frame either', async (t) => {
  const client = await openClient(server)
  for (let i = 0; i < 6; i++) {
    client.send({ id: `n${i}`, eventType: PING, payload: null })
    t.match(await client.reply(`n${i}`), { error: { code: 'BAD_REQUEST', details: { path: 'payload' } } })
  }
  t.match(await client.request(PING, {}), { success: true })
  await client.close()
})

t.test('what is above the rate, or too large, is refused with its id, whatever is in it', async (t) => {
  for (const encoding of ['json', 'msgpack'] as const) {
    const fast = await openClient(strict, { encoding })
    const refused = encoding === 'json' ? '1e400' : [0xcb, 0x7f, 0xf8, 0, 0, 0, 0, 0, 0]
    const frame = (id: string) => {
      const whole = { id, eventType: BROADCAST, payload: { message: 0 } }
      if (typeof refused === 'string') return JSON.stringify(whole).replace(':0}', `:${refused}}`)
      return Buffer.concat([packr.pack(whole).subarray(0, -1), Buffer.from(refused)])
    }
    for (let i = 0; i < 2 * BURST; i++) fast.sendBytes(frame(`f${i}`))
    t.equal(codeOf(await fast.reply(`f${2 * BURST - 1}`)), 'RATE_LIMITED')
    await fast.close()

    const large = await openClient(strict, { encoding })
    large.send({ id: 'large', eventType: BROADCAST, payload: { message: 'x'.repeat(20_000) } })
    t.equal(codeOf(await large.reply('large')), 'PAYLOAD_TOO_LARGE')
    t.match(await large.closed, { code: 1009 })
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
    t.match(await refusal(bytes), /^BAD_REQUEST/, name)
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

t.test('above the rate requests are refused and not done', async (t) => {
  const [client, peer] = await Promise.all([openClient(strict), openClient(strict)])
  for (let i = 0; i < 2 * BURST; i++) {
    client.send({ id: `m${i}`, eventType: BROADCAST, payload: { message: i } })
  }
  t.match(await client.reply(`m${BURST - 1}`), { success: true })
  t.match(await client.reply(`m${2 * BURST - 1}`), {
    success: false,
    error: { code: 'RATE_LIMITED', retryable: true, details: { retry_after_ms: Number } },
  })
  const done = client.frames.filter(({ success }) => success === true).length
  t.ok(done >= BURST && done < 2 * BURST, `${done} were done`)
  t.ok(await until(() => peer.events.length >= done))
  t.equal(peer.events.length, done, 'and nobody got the others')

  await Promise.all([client.close(), peer.close()])
})

t.test('bytes have a rate, too', async (t) => {
  const client = await openClient(strict)
  const padding = 'x'.repeat(15_000)
  for (let i = 0; i < 30; i++) client.send({ id: `p${i}`, eventType: PING, payload: { padding } })
  t.match(await client.reply('p0'), { success: true })
  t.match(await client.reply('p29'), { error: { code: 'RATE_LIMITED', details: { retry_after_ms: Number } } })
  await client.close()
})

t.test('ten thousand keys are refused', async (t) => {
  const keys = Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`k${i}`, 0]))
  const cases = { keys, elements: Object.values(keys), maps: Array.from({ length: 10_000 }, () => ({})) }
  const client = await openClient(server)
  for (const [name, message] of Object.entries(cases)) {
    const id = `many-${name}`
    client.sendBytes(JSON.stringify({ id, eventType: BROADCAST, payload: { message } }))
    t.equal(codeOf(await client.reply(id)), 'BAD_REQUEST', name)
  }
  await client.close()
})

t.test('after all of that the servers are as they were', { buffered: false }, async (t) => {
  const { events } = witness
  t.equal(events.length, 1, 'none of it became an event for the namespace, but the one that was good')
  await stayedUp(t, server)
  await stayedUp(t, strict)
})
