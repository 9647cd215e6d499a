/** Unmodified socket.io-client against three workers on one port, with its defaults and with WebSocket only. */
import { Agent } from 'node:http'
import t from 'tap'
import { openClient } from '../../helpers/client.ts'
import { startServer } from '../../helpers/server.ts'
import { IoClient, openIo, type IoOptions } from '../../helpers/socket-io.ts'
import { until } from '../../helpers/until.ts'

const BROADCAST = 'core.game.state.broadcast'
const MESSAGE = 'core.game.state.send_message'
const BUY = 'core.game.state.buy_good'
const PROXY = '127.0.0.9'
const EVENTS = 1_000

const server = await startServer(t, {
  WORKERS: '3',
  RATE_MESSAGES: '10000',
  AUTH_TRUSTED_HEADER: 'true',
  TRUSTED_PROXIES: PROXY,
  ALLOWED_ORIGINS: 'https://game.example',
})
await server.admin('POST', '/api/v1/players/alice/credit', {
  currency: 'gold',
  amount: 100_000,
  idempotency_key: 'credit-of-alice-1',
})
const goods = (await server.admin('GET', '/api/v1/goods')) as { readonly items: readonly { readonly id: string }[] }
const good = goods.items[0]?.id ?? ''

const KINDS: readonly [string, IoOptions][] = [
  ['its defaults', {}],
  ['WebSocket only', { transports: ['websocket'] }],
  ['polling only', { transports: ['polling'] }],
  ['no slash behind the path', { addTrailingSlash: false }],
  ['no slash, WebSocket only', { addTrailingSlash: false, transports: ['websocket'] }],
  ['no slash, polling only', { addTrailingSlash: false, transports: ['polling'] }],
]

for (const [kind, options] of KINDS) {
  t.test(`${kind}: the three events with acknowledgements, rooms, errors`, async (t) => {
    const room = `room of ${kind}`.replaceAll(/[ ,]+/g, '-')
    const alice = await openIo(t, server, { user: 'alice', ...options })
    const bob = await openIo(t, server, { user: 'bob', ...options })
    const plain = await openClient(server, { token: server.mint('carol') })
    await until(() => options.transports !== undefined || alice.transport === 'websocket')
    t.match(alice.heard[0], { name: 'core.game.session.ready', event: { payload: { user_id: 'alice' } } })

    for (const one of [alice, bob])
      t.match(await one.request('core.game.room.join', { room_id: room }), { success: true })
    await plain.request('core.game.room.join', { room_id: room })
    const said = await alice.request(BROADCAST, { message: { x: 1 }, room })
    t.match(said, { eventType: 'core.game.reply', success: true, data: { offset: Number } })
    const { offset } = said.data ?? {}
    await until(() => bob.events(BROADCAST).length > 0 && plain.events.some((e) => e['offset'] === offset))
    const frame = plain.events.find((event) => event['offset'] === offset)
    t.strictSame(bob.events(BROADCAST)[0], frame, 'the same event object as others get')
    t.strictSame(frame?.payload, { message: { x: 1 } }, 'the room is no part of the payload')

    t.match(await alice.request(BROADCAST, { message: 1, room: 'elsewhere' }), { error: { code: 'NOT_IN_ROOM' } })
    t.match(await alice.request(MESSAGE, { target_user_id: 'carol', text: 'hi' }), { data: { delivered: 1 } })
    await until(() => plain.events.some(({ eventType }) => eventType === MESSAGE))
    t.match(await plain.request(MESSAGE, { target_user_id: 'bob', data: { n: 1 } }), { data: { delivered: 1 } })
    await until(() => bob.events(MESSAGE).length > 0)
    const receipt = await alice.request(BUY, { good_id: good, count: 1, idempotency_key: `key-${room}` })
    t.match(receipt, { success: true, data: { good_id: good, signature: String } })
    t.match(await alice.request(BUY, { good_id: 'nothing', count: 1 }), { error: { code: 'GOOD_NOT_FOUND' } })

    alice.socket.emit('core.game.nothing', {})
    alice.socket.emit(BROADCAST, { no: 'message' })
    await until(() => alice.events('error').length === 2)
    t.match(alice.events('error'), [
      { code: 'UNKNOWN_EVENT' },
      { code: 'BAD_REQUEST', details: { path: 'payload.message' } },
    ])
    t.match(await alice.request(BROADCAST, Buffer.from('bytes')), { error: { code: 'BAD_REQUEST' } })
    t.match(await alice.request(BROADCAST, { message: [{ deep: Buffer.from('x') }] }), {
      error: { code: 'BAD_REQUEST' },
    })
    t.match(await alice.socket.emitWithAck(BROADCAST, { message: 1 }, 'more'), { error: { code: 'BAD_REQUEST' } })
    t.match(await alice.socket.emitWithAck(BROADCAST), { error: { details: { path: 'payload.message' } } })
    t.match(await alice.request('core.game.session.ping', {}), { data: { server_time: Number } })
    t.strictSame(alice.disconnects, [])
    await plain.close()
  })

  t.test(`${kind}: ${EVENTS} events in one order, beside a plain client in the room`, async (t) => {
    const room = `order-of-${kind}`.replaceAll(/[ ,]+/g, '-')
    const sender = await openIo(t, server, { user: 'dora', ...options })
    const others = await Promise.all(['emil', 'fay'].map((user) => openIo(t, server, { user, ...options })))
    const clients = [sender, ...others]
    const plain = await openClient(server, { token: server.mint('gus') })
    for (const one of clients) await one.request('core.game.room.join', { room_id: room })
    await plain.request('core.game.room.join', { room_id: room })
    const replies = Array.from({ length: EVENTS }, (_, n) =>
      n % 2 === 0
        ? sender.request(BROADCAST, { message: n, room })
        : plain.request(BROADCAST, { message: n }, { room }),
    )
    t.ok((await Promise.all(replies)).every((reply) => reply.success))
    const ofPlain = () => plain.events.filter(({ eventType }) => eventType === BROADCAST)
    const haveAll = () =>
      [...clients.map((one) => one.events(BROADCAST)), ofPlain()].every((all) => all.length === EVENTS)
    await until(haveAll)
    const order = ofPlain().map((event) => event['offset'])
    t.equal(order.length, EVENTS)
    for (const one of clients) {
      t.strictSame(
        one.events(BROADCAST).map((event) => event['offset']),
        order,
      )
    }
    await plain.close()
  })
}

t.test('who it is: auth.token, a header, a trusted proxy; a guest needs nothing; refusals say why', async (t) => {
  const guest = await openIo(t, server)
  t.match(guest.events('core.game.session.ready'), [{ payload: { namespace: 'guest', user_id: /^guest-/ } }])
  t.match(await guest.request(BUY, { good_id: good, count: 1 }), { error: { code: 'AUTH_REQUIRED' } })

  const authorization = `Bearer ${server.mint('header')}`
  const byHeader = await openIo(t, server, { user: 'x', auth: {}, extraHeaders: { authorization } })
  t.match(byHeader.events('core.game.session.ready'), [{ payload: { user_id: 'header' } }])

  for (const [auth, code] of [
    [{}, 'AUTH_REQUIRED'],
    [{ token: 'nonsense' }, 'TOKEN_INVALID'],
    [{ token: 7 }, 'TOKEN_INVALID'],
    [{ token: server.mint('late', { exp: 1_700_000_000 }) }, 'TOKEN_EXPIRED'],
  ] as const) {
    const refused = new IoClient(server, { user: 'x', auth, reconnection: false })
    t.teardown(() => void refused.socket.disconnect())
    await until(() => refused.errors.length > 0)
    t.match(refused.errors[0]?.data, { code, retryable: false })
  }

  // X-User-ID counts from a trusted proxy only, and this client comes from 127.0.0.1.
  const headers = { 'x-user-id': 'mallory' }
  const forged = new IoClient(server, { user: 'x', auth: {}, extraHeaders: headers, reconnection: false })
  t.teardown(() => void forged.socket.disconnect())
  await until(() => forged.errors.length > 0)
  t.match(forged.errors[0]?.data, { code: 'AUTH_REQUIRED' })
  const agent = new Agent({ localAddress: PROXY }) as unknown as string
  const proxied = await openIo(t, server, { user: 'x', auth: {}, extraHeaders: headers, agent })
  t.match(proxied.events('core.game.session.ready'), [{ payload: { user_id: 'mallory' } }])
})

t.test('origins: an allowed one may read the answers, another one gets none', async (t) => {
  const url = `${server.url}/core/game/v1/real-time/public/?EIO=4&transport=polling`
  const allowed = await fetch(url, { headers: { origin: 'https://game.example' } })
  t.equal(allowed.status, 200)
  t.equal(allowed.headers.get('access-control-allow-origin'), 'https://game.example')
  const preflight = await fetch(url, { method: 'OPTIONS', headers: { origin: 'https://game.example' } })
  t.equal(preflight.status, 204)
  t.match(preflight.headers.get('access-control-allow-methods'), /POST/)
  const other = await fetch(url, { headers: { origin: 'https://evil.example' } })
  t.equal(other.status, 403)
  t.equal(other.headers.get('access-control-allow-origin'), null)
  t.match(await other.json(), { error: { code: 'ORIGIN_FORBIDDEN' } })
  // A page may also learn why a plain WebSocket was refused.
  const why = await fetch(`${server.url}/core/game/v1/real-time/private`, {
    headers: { origin: 'https://game.example' },
  })
  t.match([why.status, why.headers.get('access-control-allow-origin')], [401, 'https://game.example'])
})
