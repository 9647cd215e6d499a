import t from 'tap'
import { openClient } from '../helpers/client.ts'
import { requestHead, sendRaw } from '../helpers/raw.ts'
import { startServer } from '../helpers/server.ts'
import { until } from '../helpers/until.ts'

const PLAIN = { upgrade: undefined, connection: undefined, 'sec-websocket-key': undefined }

t.test('REST', async (t) => {
  const server = await startServer(t)
  const asked = async (method: string, path: string, options: { body?: string; token?: string } = {}) => {
    const response = await fetch(server.url + path, {
      method,
      headers: options.token === undefined ? {} : { authorization: `Bearer ${options.token}` },
      ...(options.body === undefined ? {} : { body: options.body }),
    })
    const text = await response.text()
    return {
      status: response.status,
      headers: response.headers,
      body: text === '' ? null : (JSON.parse(text) as object),
    }
  }

  await t.test('all but goods and the receipt key wants the admin token', async (t) => {
    for (const path of ['players/a', 'players/a/purchases', 'connections', 'config', 'events', 'rooms', 'rooms/x']) {
      const without = await asked('GET', `/api/v1/${path}`)
      t.match(without, { status: 401, body: { error: { code: 'AUTH_REQUIRED' } } }, path)
      t.equal(without.headers.get('www-authenticate'), 'Bearer')
      const wrong = await asked('GET', `/api/v1/${path}`, { token: 'not-the-admin-token' })
      t.match(wrong, { status: 401, body: { error: { code: 'TOKEN_INVALID' } } }, path)
    }
    for (const path of ['goods', 'goods/sword', 'receipt-key'])
      t.equal((await asked('GET', `/api/v1/${path}`)).status, 200)
    t.equal((await asked('PUT', '/api/v1/goods/sword', { body: '{}' })).status, 401)
  })

  await t.test('an operator closes a connection, or all of a user', async (t) => {
    const open = (user: string) => openClient(server, { token: server.mint(user) })
    const [first, second, other] = await Promise.all([open('eve'), open('eve'), open('ann')])
    const id = String((other.ready as { connection_id?: string }).connection_id)
    t.match(await server.admin('DELETE', `/api/v1/connections/${id}`), { kicked: 1 })
    t.match(await other.closed, { code: 4502, reason: /kicked/ })
    t.match(await server.admin('DELETE', '/api/v1/players/eve/connections'), { kicked: 2 })
    for (const one of [first, second]) t.match(await one.closed, { code: 4502 })
    // The client may learn of it before the primary does.
    const left = async () => ((await server.admin('GET', '/api/v1/connections')) as { items: object[] }).items.length
    t.ok(await until(async () => (await left()) === 0), 'none of them is known any more')
    const token = server.adminToken
    t.match(await asked('DELETE', '/api/v1/players/eve/connections', { token }), {
      body: { error: { code: 'USER_OFFLINE' } },
    })
    t.match(await asked('DELETE', `/api/v1/connections/${id}`, { token }), { status: 404 })
    t.match(await asked('DELETE', '/api/v1/connections/x', { token }), {
      status: 400,
      body: { error: { details: { path: 'id' } } },
    })
    t.match(await asked('DELETE', `/api/v1/connections/${id}`), { status: 401 })
  })

  await t.test('connections are listed by namespace, user and room', async (t) => {
    const clients = await Promise.all(
      ['ina', 'ina', 'udo'].map((user) => openClient(server, { token: server.mint(user) })),
    )
    t.teardown(() => clients.forEach((client) => client.terminate()))
    await clients[0]?.request('core.game.room.join', { room_id: 'den' })
    await clients[2]?.request('core.game.room.join', { room_id: 'den' })
    const list = async (query: string) => {
      const { items } = (await server.admin('GET', `/api/v1/connections?${query}`)) as { items: { user_id: string }[] }
      return items.map(({ user_id }) => user_id).sort()
    }
    t.strictSame(await list('user=ina'), ['ina', 'ina'])
    t.strictSame(await list('room=den'), ['ina', 'udo'])
    t.strictSame(await list('room=den&user=ina'), ['ina'])
    t.strictSame(await list('namespace=guest&room=den'), [])
    t.match(await server.admin('GET', '/api/v1/connections?user=ina&limit=1'), { items: { length: 1 } })
    await t.rejects(server.admin('GET', '/api/v1/connections?room=a/b'), /400.*room/)
  })

  await t.test('a path that is not there is 404, another method 405 with what is allowed', async (t) => {
    t.match(await asked('GET', '/api/v1/nothing'), { status: 404, body: { error: { code: 'NOT_FOUND' } } })
    const other = await asked('DELETE', '/api/v1/goods/sword')
    t.match(other, { status: 405, body: { error: { code: 'METHOD_NOT_ALLOWED' } } })
    t.equal(other.headers.get('allow'), 'GET, PUT')
  })

  await t.test('a body that is wrong is refused with the place', async (t) => {
    const token = server.adminToken
    const credit = (body: unknown) =>
      asked('POST', '/api/v1/players/alice/credit', {
        token,
        body: typeof body === 'string' ? body : JSON.stringify(body),
      })
    const good = { currency: 'gold', amount: 5, idempotency_key: 'a-key-of-sixteen-characters' }
    const cases: [unknown, string | undefined][] = [
      ['{', undefined],
      ['[]', ''],
      [{ ...good, amount: 0 }, 'amount'],
      [{ ...good, amount: 1.5 }, 'amount'],
      [{ ...good, amount: '5' }, 'amount'],
      [{ ...good, amount: 2 ** 53 }, 'amount'],
      [{ ...good, currency: '__proto__' }, 'currency'],
      [{ ...good, currency: 'a/b' }, 'currency'],
      [{ ...good, idempotency_key: 'short' }, 'idempotency_key'],
      ['{"__proto__":1}', '__proto__'],
      ['{"currency":"gold","amount":1,"amount":500,"idempotency_key":"a-key-of-sixteen-characters"}', 'amount'],
      ['{"currency":"gold","amount":1,"\\u0061mount":500,"idempotency_key":"a-key-of-sixteen-characters"}', 'amount'],
    ]
    for (const [body, path] of cases) {
      const { status, body: answer } = await credit(body)
      t.equal(status, 400, JSON.stringify(body))
      t.match(answer, { error: { code: 'BAD_REQUEST', ...(path === undefined ? {} : { details: { path } }) } })
    }
    const large = await credit(JSON.stringify({ ...good, note: 'x'.repeat(2 << 20) }))
    t.match(large, { status: 413, body: { error: { code: 'PAYLOAD_TOO_LARGE' } } })
    t.match(await server.admin('GET', '/api/v1/players/alice'), { balances: {} }, 'nothing was written')
  })

  await t.test('a body with a byte order mark is read', async (t) => {
    const body = `\uFEFF${JSON.stringify({ namespace: 'guest', message: 1 })}`
    t.match(await asked('POST', '/api/v1/broadcast', { token: server.adminToken, body }), { status: 200 })
  })

  await t.test('a good that could never be on sale is refused', async (t) => {
    const good = { name: 'Axe', price: 3, currency: 'gold', sale_from: 2000 }
    for (const sale_until of [1999, 2000]) {
      const sent = server.admin('PUT', '/api/v1/goods/never', { ...good, sale_until })
      await t.rejects(sent, /400.*must be later than sale_from.*"path":"sale_until"/)
    }
    t.match(await server.admin('PUT', '/api/v1/goods/once', { ...good, sale_until: 2001 }), { sale_until: 2001 })
  })

  await t.test('a body where none may be is refused in words that fit', async (t) => {
    const head = requestHead({ path: '/health', headers: PLAIN, lines: ['Content-Length: 2'] })
    const answer = await sendRaw(server, `${head}{}`)
    t.match(answer, { status: 400, body: 'a GET request may not have a body' })
  })

  await t.test('a field or a filter that is misspelt is refused, not passed over', async (t) => {
    const misspelt = { namespace: 'private', room_id: 'arena', message: 'for the arena only' }
    await t.rejects(server.admin('POST', '/api/v1/broadcast', misspelt), /400.*room_id: is not one of namespace, room/)
    await t.rejects(server.admin('GET', '/api/v1/events?namespace=private'), /400.*namespace: is not one of type/)
    await t.rejects(server.admin('GET', '/api/v1/connections?namspace=private'), /400.*namspace/)
    await t.rejects(
      server.admin('GET', '/api/v1/events?type=nope'),
      /400.*must be one of core.game.state.broadcast, .*left/,
    )
  })

  await t.test('a credit is done once under its key', async (t) => {
    const body = { currency: 'gold', amount: 500, idempotency_key: 'a-key-of-sixteen-characters' }
    const credits = await Promise.all(
      Array.from({ length: 20 }, () => server.admin('POST', '/api/v1/players/bob/credit', body)),
    )
    for (const player of credits) t.match(player, { user_id: 'bob', balances: { gold: 500 } })
    await t.rejects(
      server.admin('POST', '/api/v1/players/bob/credit', { ...body, amount: 1 }),
      /409.*IDEMPOTENCY_CONFLICT/,
    )
  })

  await t.test('goods are put, read and paged', async (t) => {
    const axe = { name: 'Axe', price: 3, currency: 'gold', stock: 7 }
    t.match(await server.admin('PUT', '/api/v1/goods/axe', axe), { id: 'axe', stock: 7, per_user_limit: null })
    await t.rejects(server.admin('PUT', '/api/v1/goods/axe', { ...axe, id: 'bow' }), /400/)
    await t.rejects(server.admin('PUT', '/api/v1/goods/axe', { ...axe, colour: 'red' }), /400.*colour/)
    await t.rejects(server.admin('GET', '/api/v1/goods/none'), /404.*GOOD_NOT_FOUND/)
    const ids: string[] = []
    let cursor: string | null = ''
    while (cursor !== null) {
      const page = (await server.admin('GET', `/api/v1/goods?limit=2${cursor === '' ? '' : `&cursor=${cursor}`}`)) as {
        items: { id: string }[]
        next_cursor: string | null
      }
      t.ok(page.items.length <= 2)
      ids.push(...page.items.map(({ id }) => id))
      cursor = page.next_cursor
    }
    t.strictSame(ids, [...new Set(ids)].sort(), 'each once, in order')
    t.ok(ids.includes('axe') && ids.includes('sword'))
  })

  await t.test('a backend broadcasts and writes to a user', async (t) => {
    const guest = await openClient(server)
    t.teardown(() => guest.terminate())
    const { offset } = (await server.admin('POST', '/api/v1/broadcast', {
      namespace: 'guest',
      message: { from: 'backend' },
      retain: true,
    })) as { offset: number }
    t.match(await guest.next(({ eventType }) => eventType.endsWith('broadcast')), {
      offset,
      userId: '@server',
      payload: { message: { from: 'backend' } },
    })
    t.match(await guest.request('core.game.state.get', {}), { data: { state: { from: 'backend' } } })
    const message = { target_user_id: guest.userId, text: 'for you' }
    t.match(await server.admin('POST', '/api/v1/messages', message), { delivered: 1 })
    t.match(await guest.next(({ eventType }) => eventType.endsWith('send_message')), { payload: { text: 'for you' } })
    await t.rejects(
      server.admin('POST', '/api/v1/messages', { ...message, target_user_id: 'nobody' }),
      /409.*USER_OFFLINE/,
    )
    await t.rejects(server.admin('POST', '/api/v1/broadcast', { namespace: 'other', message: 1 }), /400.*namespace/)
    const events = (await server.admin('GET', '/api/v1/events?type=core.game.state.broadcast')) as { items: object[] }
    t.match(events.items.at(-1), { offset, payload: { message: { from: 'backend' } } })
  })

  await t.test('health, readiness, metrics and configuration', async (t) => {
    t.match(await asked('GET', '/health'), { status: 200, body: { status: 'ok' } })
    t.match(await asked('GET', '/ready'), { status: 200, body: { ready: true } })
    const metrics = await (await fetch(`${server.url}/metrics`)).text()
    const value = (name: string) => Number(new RegExp(`^${name}(?:{[^}]*})? ([0-9.e-]+)$`, 'm').exec(metrics)?.[1])
    t.ok(value('drumbeat_deliveries_total') >= 2)
    t.ok(value('drumbeat_commits_total') >= 2)
    t.match(metrics, /drumbeat_connections{namespace="guest",transport="websocket"} \d/)
    t.match(metrics, /process="worker-1"/)
    t.match(metrics, /process="worker-2"/)
    const config = JSON.stringify(await server.admin('GET', '/api/v1/config'))
    t.match(config, '"HTTP_PORT"')
    t.notMatch(config, server.adminToken)
  })
})
