/** Idempotency keys and preconditions of REST, beyond those of the ledger. */
import t from 'tap'
import { openClient } from '../helpers/client.ts'
import { startServer, type TestServer } from '../helpers/server.ts'

const KEY = 'a-key-of-sixteen-characters'

async function ask(
  server: TestServer,
  method: string,
  path: string,
  given: { readonly body?: object; readonly headers?: Readonly<Record<string, string>> } = {},
) {
  const response = await fetch(`${server.url}/api/v1/${path}`, {
    method,
    headers: { authorization: `Bearer ${server.adminToken}`, ...given.headers },
    ...(given.body === undefined ? {} : { body: JSON.stringify(given.body) }),
  })
  const text = await response.text()
  const body: unknown = text === '' ? null : JSON.parse(text)
  return { status: response.status, etag: response.headers.get('etag') ?? '', body }
}

async function eventsOf(server: TestServer, type: string): Promise<number> {
  const { body } = await ask(server, 'GET', `events?limit=1000&type=${type}`)
  return (body as { items: unknown[] }).items.length
}

t.test('a broadcast with a key is one event, also over a crash', async (t) => {
  const server = await startServer(t)
  const body = { namespace: 'private', message: { wave: 1 }, retain: true, idempotency_key: KEY }
  const answers = await Promise.all(Array.from({ length: 20 }, () => ask(server, 'POST', 'broadcast', { body })))
  for (const answer of answers) t.strictSame(answer, answers[0])
  t.match(answers[0], { status: 200, body: { offset: Number } })
  const other = await ask(server, 'POST', 'broadcast', { body: { ...body, message: { wave: 2 } } })
  t.match(other, { status: 409, body: { error: { code: 'IDEMPOTENCY_CONFLICT' } } })
  const elsewhere = await ask(server, 'POST', 'broadcast', { body: { ...body, namespace: 'guest' } })
  t.equal(elsewhere.status, 200, 'each namespace has keys of its own')
  t.equal(await eventsOf(server, 'core.game.state.broadcast'), 2)

  const underWay = Array.from({ length: 50 }, (_, i) => ({ ...body, idempotency_key: `${KEY}-${i}` }))
  const sent = underWay.map((one) => ask(server, 'POST', 'broadcast', { body: one }).catch(() => undefined))
  await sent[0]
  await server.kill()
  const before = await Promise.all(sent)
  await server.restart()
  t.strictSame(await ask(server, 'POST', 'broadcast', { body }), answers[0])
  const after = await Promise.all(underWay.map((one) => ask(server, 'POST', 'broadcast', { body: one })))
  for (const [i, answer] of after.entries()) {
    t.match(answer, { status: 200, body: { offset: Number } })
    if (before[i]?.status === 200) t.strictSame(answer, before[i], 'the answer that was given before')
  }
  const offsets = after.map((answer) => (answer.body as { offset: number }).offset)
  t.equal(new Set(offsets).size, underWay.length)
  t.notOk(offsets.includes(0), 'all were found')
  t.equal(await eventsOf(server, 'core.game.state.broadcast'), 2 + underWay.length)
})

t.test('a message with a key arrives once, and is answered also when the user has gone', async (t) => {
  const server = await startServer(t, { WORKERS: '1' })
  const body = { target_user_id: 'alice', text: 'hello', idempotency_key: KEY }
  const early = await ask(server, 'POST', 'messages', { body })
  t.match(early, { status: 409, body: { error: { code: 'USER_OFFLINE' } } })
  const alice = await openClient(server, { token: server.mint('alice') })
  const first = await ask(server, 'POST', 'messages', { body })
  t.match(first, { status: 200, body: { offset: Number, delivered: 1 } }, 'what was refused is not kept')
  t.strictSame(await ask(server, 'POST', 'messages', { body }), first)
  await alice.request('core.game.session.ping', {})
  await alice.next(({ eventType }) => eventType === 'core.game.state.send_message')
  t.equal(alice.events.length, 1)
  await alice.close()
  t.strictSame(await ask(server, 'POST', 'messages', { body }), first)
  const other = await ask(server, 'POST', 'messages', { body: { ...body, text: 'bye' } })
  t.match(other, { status: 409, body: { error: { code: 'IDEMPOTENCY_CONFLICT' } } })
})

t.test('a room is made once under its key, and not made again when it is gone', async (t) => {
  const server = await startServer(t, { WORKERS: '1' })
  const body = { room_id: 'arena', namespace: 'private', capacity: 3, idempotency_key: KEY }
  const first = await ask(server, 'POST', 'rooms', { body })
  t.match(first, { status: 201, body: { room_id: 'arena', capacity: 3, members: 0, state: null } })
  t.strictSame(await ask(server, 'POST', 'rooms', { body }), first)
  const other = await ask(server, 'POST', 'rooms', { body: { ...body, capacity: 4 } })
  t.match(other, { status: 409, body: { error: { code: 'IDEMPOTENCY_CONFLICT' } } })
  await ask(server, 'DELETE', 'rooms/arena')
  t.strictSame(await ask(server, 'POST', 'rooms', { body }), first)
  t.equal((await ask(server, 'GET', 'rooms/arena')).status, 404)
})

t.test('a room is read, made and deleted on conditions', async (t) => {
  const server = await startServer(t, { WORKERS: '1' })
  const body = { room_id: 'arena', namespace: 'private' }
  const absent = { headers: { 'if-none-match': '*' } }
  const made = await ask(server, 'POST', 'rooms', { body, ...absent })
  t.equal(made.status, 201)
  t.match(await ask(server, 'POST', 'rooms', { body, ...absent }), {
    status: 412,
    body: { error: { code: 'CONFLICT' } },
  })
  t.equal((await ask(server, 'POST', 'rooms', { body, headers: { 'if-none-match': '"x"' } })).status, 400)
  const many = await Promise.all(
    Array.from({ length: 10 }, () => ask(server, 'POST', 'rooms', { body: { ...body, room_id: 'new' }, ...absent })),
  )
  t.equal(many.filter(({ status }) => status === 201).length, 1, 'one of many makes it')

  const read = async () => ask(server, 'GET', 'rooms/arena')
  const unchanged = async (etag: string) => {
    const { status } = await ask(server, 'GET', 'rooms/arena', { headers: { 'if-none-match': etag } })
    return status === 304
  }
  const tags = [(await read()).etag]
  t.equal(tags[0], made.etag)
  await ask(server, 'POST', 'broadcast', { body: { namespace: 'private', message: 1 } })
  t.ok(await unchanged(made.etag), 'what happens elsewhere changes nothing')
  t.ok(await unchanged(`"x", W/${made.etag}`), 'one of several, and weakened by a proxy')
  const alice = await openClient(server, { token: server.mint('alice') })
  t.teardown(() => alice.terminate())
  const changes = [
    async () => alice.request('core.game.room.join', { room_id: 'arena' }),
    async () => alice.request('core.game.state.broadcast', { message: 1, retain: true }, { room: 'arena' }),
    async () => ask(server, 'POST', 'rooms', { body: { ...body, capacity: 5 } }),
  ]
  for (const change of changes) {
    await change()
    t.notOk(await unchanged(tags.at(-1) ?? ''))
    tags.push((await read()).etag)
  }
  t.equal(new Set(tags).size, 4, 'members, state and definition are in it')

  const old = await ask(server, 'DELETE', 'rooms/arena', { headers: { 'if-match': tags[2] ?? '' } })
  t.match(old, { status: 412, body: { error: { code: 'CONFLICT' } } })
  t.equal((await ask(server, 'DELETE', 'rooms/arena', { headers: { 'if-match': 'arena' } })).status, 400)
  t.equal((await read()).status, 200)
  t.equal((await ask(server, 'DELETE', 'rooms/arena', { headers: { 'if-match': tags[3] ?? '' } })).status, 200)
  t.equal((await ask(server, 'DELETE', 'rooms/arena', { headers: { 'if-match': '*' } })).status, 404)
})
