/**
 * Numbers as a strict reader takes them, one in Go or Rust: what a schema calls an integer is written as one, in frames of each encoding and
 * transport, in headers and in bodies. No schema has another kind of number; only a setting may be a fraction (`/api/v1/config`).
 */
import { once } from 'node:events'
import t from 'tap'
import WebSocket from 'ws'
import { fractionsInJson, fractionsInMsgpack } from '../../src/conformance/numbers.ts'
import { openClient, type TestClient } from '../helpers/client.ts'
import { startServer, type TestServer } from '../helpers/server.ts'
import { openIo } from '../helpers/socket-io.ts'

const GAME = 'core.game.'
const KEY = 'a-key-of-sixteen-characters'

/** All that a client can ask for, with integers of every size in what it says. */
async function play(ask: (name: string, payload: object) => Promise<unknown>, user: string): Promise<void> {
  const message = { big: 2 ** 53 - 1, low: -(2 ** 53 - 1), wide: 2 ** 32, small: 7, time: 1_790_000_000_000 }
  await ask('room.join', { room_id: 'arena' })
  await ask('state.broadcast', { message, retain: true })
  await ask('state.broadcast', { message: [message, 'half \ud83d'], delivery: 'latest', key: 'k' })
  await ask('state.send_message', { target_user_id: user, data: message })
  await ask('state.buy_good', { good_id: 'sword', count: 1, idempotency_key: KEY })
  await ask('state.buy_good', { good_id: 'sword', count: 100, expected_price: 1 })
  await ask('state.get', {})
  await ask('presence.list', { room_id: 'arena' })
  await ask('session.ping', {})
  await ask('state.broadcast', {})
  await ask('room.leave', { room_id: 'arena' })
}

async function start(): Promise<TestServer> {
  const server = await startServer(t, { WORKERS: '1', HTTP_RATE_PER_ADDRESS: '100' })
  for (const user of ['alice', 'bob', 'carol', 'dave']) {
    const credit = { currency: 'gold', amount: 1000, idempotency_key: `${KEY}-${user}` }
    await server.admin('POST', `/api/v1/players/${user}/credit`, credit)
  }
  return server
}

const server = await start()

/** What a client is sent, as it comes. */
function contentsOf({ ws }: TestClient): Buffer[] {
  const contents: Buffer[] = []
  ws.on('message', (content: Buffer) => contents.push(content))
  return contents
}

for (const encoding of ['json', 'msgpack'] as const) {
  t.test(`frames in ${encoding}: of the session, of a resume, above the rate`, async (t) => {
    const user = encoding === 'json' ? 'alice' : 'bob'
    const client = await openClient(server, { token: server.mint(user), encoding })
    const contents = contentsOf(client)
    await play((name, payload) => client.request(GAME + name, payload), user)
    const payload = client.frames[0]?.['payload'] as { resume_token: string; epoch: string } | undefined
    if (!payload) throw new Error('no first frame')
    client.terminate()
    const query = new URLSearchParams({ resume: payload.resume_token, since: `${payload.epoch}:0`, rooms: 'arena' })
    const back = new WebSocket(`${server.wsUrl}/private?${query.toString()}`, [`game.v1.${encoding}`], {
      headers: { authorization: `Bearer ${server.mint(user)}` },
    })
    back.on('message', (content: Buffer) => contents.push(content))
    await once(back, 'message')
    back.terminate()
    t.ok(contents.length >= 15, `${contents.length} frames`)
    const fractions = contents.flatMap((content) =>
      encoding === 'json' ? fractionsInJson(content.toString()) : fractionsInMsgpack(content),
    )
    t.strictSame(fractions, [])
  })
}

t.test('packets of Socket.IO, and the handshake of Engine.IO, by polling and by WebSocket', async (t) => {
  for (const [transport, user] of [
    ['polling', 'carol'],
    ['websocket', 'dave'],
  ] as const) {
    const client = await openIo(t, server, { user, transports: [transport] })
    const packets: string[] = []
    client.socket.io.engine.on('packet', ({ data }) => void packets.push(String(data ?? '')))
    await play((name, payload) => client.request(GAME + name, payload), user)
    t.ok(packets.length > 10)
    t.strictSame(packets.flatMap(fractionsInPacket), [], transport)
    client.socket.disconnect()
  }
  const answer = await fetch(`${server.url}/core/game/v1/real-time/public/?EIO=4&transport=polling`)
  const handshake = (await answer.text()).slice(1)
  t.strictSame(fractionsInJson(handshake), [], handshake)
  t.match(JSON.parse(handshake), { pingInterval: 20_000, pingTimeout: 10_000 })
})

/** Without the packet's type and the number of its acknowledgement. */
function fractionsInPacket(packet: string): readonly string[] {
  return fractionsInJson(packet.replace(/^[^[{]*/, ''))
}

t.test('every SOCKET_READ_TIMEOUT gives Engine.IO integers', async (t) => {
  const { pingTimes } = await import('../../src/session/ping-times.ts')
  const silencesMs = Array.from({ length: 9_000 }, (_, i) => 8_000 + 101 * i)
  const isWrong = (silenceMs: number) => {
    const { pingIntervalMs, pingTimeoutMs } = pingTimes(silenceMs)
    return !Number.isInteger(pingIntervalMs) || pingIntervalMs + pingTimeoutMs !== silenceMs
  }
  t.strictSame(silencesMs.filter(isWrong), [])
})

t.test('bodies of REST and the documents', async (t) => {
  const headers = { authorization: `Bearer ${server.adminToken}` }
  const paths = ['goods', 'goods/sword', 'players/alice', 'players/alice/purchases', 'rooms', 'connections', 'events']
  const admin = [...paths, 'receipt-key', 'ledger', 'asyncapi.json'].map((path) => `/api/v1/${path}`)
  for (const path of [...admin, '/health', '/ready', '/api/v1/none']) {
    const body = await (await fetch(server.url + path, { headers })).text()
    t.strictSame(fractionsInJson(body), [], path)
  }
  for (const [path, given] of [
    ['/api/v1/broadcast', { namespace: 'private', message: { time: 1_790_000_000_000 } }],
    ['/api/v1/players/alice/credit', { currency: 'gold', amount: 2 ** 40, idempotency_key: `${KEY}-large` }],
  ] as const) {
    t.strictSame(fractionsInJson(JSON.stringify(await server.admin('POST', path, given))), [], path)
  }
})

t.test('Retry-After is in whole seconds, and retry_after_ms in whole milliseconds', async (t) => {
  const strict = await startServer(t, { WORKERS: '1', RATE_MESSAGES: '7', HTTP_RATE_PER_ADDRESS: '7' })
  const client = await openClient(strict)
  const contents = contentsOf(client)
  for (let i = 0; i < 60; i++) client.send({ id: `r${i}`, eventType: `${GAME}session.ping`, payload: {} })
  await client.reply('r59')
  t.match(contents.at(-1)?.toString(), /retry_after_ms/)
  t.strictSame(
    contents.flatMap((content) => fractionsInJson(content.toString())),
    [],
  )
  for (;;) {
    const answer = await fetch(`${strict.url}/api/v1/goods`)
    const body = await answer.text()
    if (answer.status !== 429) continue
    t.match(answer.headers.get('retry-after'), /^[1-9]\d*$/)
    t.match(body, /retry_after_ms/)
    t.strictSame(fractionsInJson(body), [])
    break
  }
  await client.close()
})

/** A time between ticks, how late one was, and the bounds of a search, which are of the game's own numbers. */
const MAY_BE_FRACTIONS = new Set(['tick_ms', 'lateness_ms', 'gte', 'lte'])

/** The names of the fields that a schema calls numbers. */
function* fractionsIn(schema: unknown, name = ''): Generator<string> {
  if (typeof schema !== 'object' || schema === null) return
  for (const [key, value] of Object.entries(schema)) {
    if (key === 'type' && value === 'number') yield name
    else yield* fractionsIn(value, key)
  }
}

t.test('each schema calls its numbers integers', async (t) => {
  for (const name of ['openapi', 'asyncapi']) {
    const headers = { authorization: `Bearer ${server.adminToken}` }
    const body = await (await fetch(`${server.url}/api/v1/${name}.json`, { headers })).text()
    const fractions = [...fractionsIn(JSON.parse(body))]
    t.strictSame(
      [...new Set(fractions)].filter((field) => !MAY_BE_FRACTIONS.has(field)),
      [],
      name,
    )
    t.match(body, /"type":\s*"integer"/, name)
  }
})

t.test('the checker finds what is no integer', async (t) => {
  t.strictSame(fractionsInJson('{"a":1.0,"b":[-2e3,7],"c":"1.5","d":10000.000000000002,"e":-0.5}'), [
    '1.0',
    '-2e3',
    '10000.000000000002',
    '-0.5',
  ])
  t.strictSame(fractionsInMsgpack(Buffer.from('82a161cb427a0c4506c00000a162cf000001a0c4506c00', 'hex')), [
    '1790000000000 as a float',
  ])
})
