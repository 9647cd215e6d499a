import t from 'tap'
import { gameRoutes } from '../../src/http/routes/games.ts'
import { roomRoutes } from '../../src/http/routes/rooms.ts'
import type { RouteContext } from '../../src/http/routes/admin-context.ts'
import { Refusal } from '../../src/protocol/errors.ts'
import type { Namespace, RoomId } from '../../src/protocol/ids.ts'
import { createValidators } from '../api/schemas.ts'
import { loadConfig } from '../../src/config/load.ts'
import { schemasOf } from '../../src/worker/routes.ts'
import { openGames } from '../helpers/games/open-games.ts'
import type { House } from '../helpers/house/house.ts'

const validators = createValidators(schemasOf(loadConfig({ env: {} }).settings), true)

/** Calls routes as the router does, with a primary of the house behind them. Each answer is held against its schema. */
function createCaller(house: House) {
  const context = {
    primary: { ask: (method: never, args: never) => house.ask(method, args) },
    namespaces: ['private', 'guest'] as Namespace[],
    roomCapacity: 10_000,
    pageOf: (game: string) => (game === 'counter' ? '/play/counter/' : null),
  } as unknown as RouteContext
  const routes = [...roomRoutes(context), ...gameRoutes(context)]
  return async (method: string, path: string, body?: unknown) => {
    const url = new URL(path, 'http://house')
    const parts = url.pathname.split('/')
    const route = routes.find((one) => {
      const wanted = one.path.split('/')
      return (
        one.method === method &&
        wanted.length === parts.length &&
        wanted.every((part, i) => part.startsWith(':') || part === parts[i])
      )
    })
    if (!route) throw new Error(`no route ${method} ${path}`)
    const names = route.path.split('/')
    const params = Object.fromEntries(names.map((name, i) => [name.slice(1), decodeURIComponent(parts[i] ?? '')]))
    try {
      const answer = await route.run({
        params,
        query: url.searchParams,
        header: () => undefined,
        json: () => Promise.resolve(body),
        span: undefined,
        head: { headers: [], remoteAddress: '127.0.0.1' },
        traceparent: undefined,
      })
      const data = JSON.parse(String(answer.body)) as Record<string, unknown>
      const schema = route.operation.answers[answer.status]
      if (typeof schema === 'string') {
        const validate = validators.of(schema)
        t.ok(validate(data), `${method} ${path}: ${JSON.stringify(validate.errors)}`)
      }
      return { status: answer.status, data }
    } catch (thrown) {
      if (!(thrown instanceof Refusal)) throw thrown
      return {
        status: thrown.status,
        data: { code: thrown.code, path: thrown.details?.['path'] } as Record<string, unknown>,
      }
    }
  }
}

t.test('a backend makes rooms with games, looks at them, plays and ends them', async (t) => {
  const { house, enter } = await openGames(t)
  const call = createCaller(house)
  t.match(await call('GET', '/api/v1/games'), {
    data: {
      items: [
        {
          name: 'counter',
          seats: { max: 3, hold_ms: 30_000 },
          now: { rooms: 0, players: 0, bots: 0 },
          page: '/play/counter/',
        },
      ],
    },
  })
  const body = {
    game: 'counter',
    namespace: 'private',
    options: { phase: 'lobby' },
    idempotency_key: 'a-key-of-16-letters',
  }
  const made = await call('POST', '/api/v1/rooms', body)
  t.match(made, { status: 201, data: { game: 'counter', seats: 0, seats_max: 3, listing: { phase: 'lobby' } } })
  const id = String(made.data['room_id'])
  t.match(await call('POST', '/api/v1/rooms', body), { data: { room_id: id } }, 'once')
  await (await enter('alice')).ask('core.game.room.join', { room_id: id })
  const input = (user_id: string) => call('POST', `/api/v1/rooms/${id}/input`, { user_id, name: 'add', input: 5 })
  t.match(await input('alice'), { status: 200, data: { tick: 2, value: 5 } })
  t.match(await input('bob'), { status: 409, data: { code: 'NOT_IN_ROOM' } })
  t.match(await call('GET', `/api/v1/rooms/${id}`), {
    data: {
      room_id: id,
      game: 'counter',
      members: 1,
      state: null,
      play: {
        tick: 2,
        lateness_ms: 0,
        seats: [{ user_id: 'alice', is_connected: true, bot: null }],
        state: { count: 5 },
      },
    },
  })
  t.match(await call('GET', '/api/v1/games'), { data: { items: [{ now: { rooms: 1, players: 1, bots: 0 } }] } })
  t.match(await call('GET', `/api/v1/rooms/${id}/play`), {
    data: { game: 'counter', version: 1, tick: 2, seats: [{ user_id: 'alice' }], state: { count: 5 } },
  })
  t.match(await call('GET', `/api/v1/rooms/${id}/entries`), { data: { items: [] } })
  const find = (where: unknown) =>
    call('GET', `/api/v1/rooms?game=counter&where=${encodeURIComponent(JSON.stringify(where))}`)
  t.match(await find({ phase: 'lobby' }), { data: { items: [{ room_id: id, seats: 1 }], next_cursor: null } })
  t.match(await find({ phase: 'play' }), { data: { items: [] } })
  t.match(await find({ colour: 1 }), { status: 400, data: { path: 'where.colour' } })
  t.match(await call('GET', '/api/v1/rooms?game=counter&where=x'), { status: 400, data: { path: 'where' } })
  t.match(await call('GET', '/api/v1/rooms'), { data: { items: [{ room_id: id, game: 'counter' }] } })
  t.match(await call('DELETE', `/api/v1/rooms/${id}`), { status: 200 })
  t.match(await call('GET', `/api/v1/rooms/${id}`), { status: 404 })
})

t.test('bots come into a room and go, once for each key', async (t) => {
  const { house, enter, find, running } = await openGames(t)
  const call = createCaller(house)
  const room = await find(await enter('alice'))
  const path = `/api/v1/rooms/${room}/bots`
  const body = { bot: 'easy', idempotency_key: 'a-key-of-16-letters' }
  t.match(await call('POST', path, body), { status: 201, data: { user_id: 'bot-2', bot: 'easy', tick: 2 } })
  t.match(await call('POST', path, body), { status: 201, data: { user_id: 'bot-2', tick: 2 } }, 'the same one')
  t.match(await call('POST', path, { ...body, bot: 'hard' }), { status: 409, data: { code: 'IDEMPOTENCY_CONFLICT' } })
  t.match(await call('POST', path, { bot: 'easy' }), { status: 201, data: { user_id: 'bot-3' } })
  t.match(await call('GET', `/api/v1/rooms/${room}`), {
    data: { play: { seats: [{ user_id: 'alice', bot: null }, { bot: 'easy' }, { bot: 'easy' }] } },
  })
  t.match(await call('POST', path, { bot: 'easy' }), { status: 409, data: { code: 'ROOM_FULL' } })
  t.match(await call('DELETE', `${path}/bot-2`), { status: 200, data: {} })
  t.match(await call('DELETE', `${path}/bot-2`), { status: 404, data: { code: 'NOT_FOUND' } })
  t.match(await call('DELETE', `${path}/alice`), { status: 404, data: { code: 'NOT_FOUND' } })
  t.match(await call('DELETE', `${path}/a%20b`), { status: 400, data: { path: 'seat' } })
  for (const bad of [undefined, '', 3, 'x'.repeat(65), 'hard'])
    t.match(await call('POST', path, { bot: bad }), { status: 400, data: { code: 'BAD_REQUEST', path: 'bot' } })
  t.match(await call('POST', path, { bot: 'easy', kind: 1 }), { status: 400, data: { path: 'kind' } })
  t.match(await call('POST', '/api/v1/rooms/counter:none/bots', { bot: 'easy' }), {
    status: 404,
    data: { code: 'ROOM_NOT_FOUND' },
  })
  t.match(await call('DELETE', '/api/v1/rooms/counter:none/bots/bot-1'), { data: { code: 'ROOM_NOT_FOUND' } })
  t.equal(running().flatMap(({ script }) => script.asked.filter((asked) => asked === 'addBot easy')).length, 3)
})

t.test('what is asked of a room that is none, or in a wrong way, is refused', async (t) => {
  const { house } = await openGames(t)
  const call = createCaller(house)
  await house.ask('roomPut', {
    room: { room_id: 'hall' as RoomId, namespace: 'private' as Namespace, capacity: 3, delivery: 'must', game: null },
    ifAbsent: false,
    idempotencyKey: null,
  })
  for (const room of ['counter:none', 'hall']) {
    const path = `/api/v1/rooms/${room}`
    for (const [method, rest] of [
      ['GET', 'play'],
      ['GET', 'entries'],
      ['DELETE', 'seats/alice'],
    ] as const)
      t.match(
        await call(method, `${path}/${rest}`),
        { status: 404, data: { code: 'ROOM_NOT_FOUND' } },
        `${room} ${rest}`,
      )
  }
  for (const [path, at] of [
    ['/api/v1/rooms/a%20b/play', 'id'],
    ['/api/v1/rooms/a%20b/entries', 'id'],
    ['/api/v1/rooms/hall/entries?limit=0', 'limit'],
    ['/api/v1/rooms/hall/entries?limit=1001', 'limit'],
    ['/api/v1/rooms/hall/entries?limit=x', 'limit'],
  ] as const)
    t.match(await call('GET', path), { status: 400, data: { path: at } }, path)
  t.match(await call('DELETE', '/api/v1/rooms/hall/seats/a%20b'), { status: 400, data: { path: 'user' } })
})

t.test('a list of rooms goes on where the page before ended', async (t) => {
  const { house } = await openGames(t)
  const call = createCaller(house)
  for (let i = 0; i < 5; i++) await call('POST', '/api/v1/rooms', { game: 'counter', namespace: 'private' })
  const found: unknown[] = []
  for (let cursor: unknown = ''; cursor !== null;) {
    const { data } = await call(
      'GET',
      `/api/v1/rooms?game=counter&limit=2${cursor === '' ? '' : `&cursor=${cursor as string}`}`,
    )
    found.push(...(data['items'] as { room_id: string }[]).map(({ room_id }) => room_id))
    cursor = data['next_cursor']
  }
  t.equal(new Set(found).size, 5)
  t.equal(found.length, 5)
})

t.test('what is wrong in a body has its place', async (t) => {
  const { house } = await openGames(t)
  const call = createCaller(house)
  const game = { game: 'counter', namespace: 'private' }
  const cases: readonly (readonly [body: object, path: string])[] = [
    [{ ...game, room_id: 'x' }, 'room_id'],
    [{ ...game, capacity: 3 }, 'capacity'],
    [{ ...game, locked: 'yes' }, 'locked'],
    [{ ...game, password: '' }, 'password'],
    [{ ...game, options: [] }, 'options'],
    [{ ...game, namespace: 'x' }, 'namespace'],
    [{ ...game, game: 'A' }, 'game'],
    [{ ...game, game: 3 }, 'game'],
    [{ room_id: 'x', namespace: 'private', options: {} }, 'options'],
    [{ room_id: 'x', namespace: 'private', password: 'x' }, 'password'],
    [{ namespace: 'private' }, 'room_id'],
  ]
  for (const [body, path] of cases)
    t.match(
      await call('POST', '/api/v1/rooms', body),
      { status: 400, data: { code: 'BAD_REQUEST', path } },
      JSON.stringify(body),
    )
  for (const [body, path] of [
    [{ name: 'add', input: 1 }, 'user_id'],
    [{ user_id: 'a', input: 1 }, 'name'],
    [{ user_id: 'a', name: 'add' }, 'input'],
  ] as const)
    t.match(await call('POST', '/api/v1/rooms/x/input', body), { status: 400, data: { path } })
  t.match(await call('POST', '/api/v1/rooms', { ...game, game: 'chess' }), {
    status: 404,
    data: { code: 'GAME_NOT_FOUND' },
  })
})
