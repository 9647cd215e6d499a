/** What a browser asks before it sends a page's request to another origin, and what it must find in the answer to that request. */
import t from 'tap'
import { startServer } from '../helpers/server.ts'

const PREFIX = '/core/game/v1/real-time'
const PAGE = 'https://game.example'
const server = await startServer(t, { ALLOWED_ORIGINS: PAGE })
await server.admin('PUT', '/api/v1/goods/helmet', {
  id: 'helmet',
  name: 'Helmet',
  price: 1,
  currency: 'gold',
  stock: null,
  per_user_limit: null,
  sale_from: null,
  sale_until: null,
})

interface Ask {
  readonly origin?: string
  readonly method?: string
  readonly wanted?: string
}

function ask(path: string, { origin = PAGE, method = 'GET', wanted = 'authorization' }: Ask = {}): Promise<Response> {
  const headers = {
    ...(origin === '' ? {} : { origin }),
    'access-control-request-method': method,
    'access-control-request-headers': wanted,
  }
  return fetch(server.url + path, { method: 'OPTIONS', headers })
}

const SOCKET_IO = ['private/?EIO=4&transport=polling', 'public?EIO=4&transport=polling']
const REAL_TIME = ['private', 'public', 'guest', ...SOCKET_IO].map((end) => `${PREFIX}/${end}`)
const API = ['goods', 'goods/helmet', 'goods/unknown', 'receipt-key', 'openapi.json', 'asyncapi.json']
const PATHS = [...REAL_TIME, ...API.map((end) => `/api/v1/${end}`)]

t.test('pages of an allowed origin may send what they want, and caches know what the answer depends on', async (t) => {
  for (const path of PATHS) {
    for (const origin of [PAGE, server.url]) {
      const answer = await ask(path, { origin, wanted: 'authorization,X-Game_Build, traceparent' })
      const { headers } = answer
      t.equal(answer.status, 204, path)
      t.equal(headers.get('access-control-allow-origin'), origin)
      t.equal(headers.get('access-control-allow-credentials'), 'true')
      t.equal(headers.get('access-control-allow-headers'), 'authorization, X-Game_Build, traceparent')
      t.match(headers.get('access-control-allow-methods'), /\bGET\b/)
      t.match(headers.get('access-control-max-age'), /^\d+$/)
      t.match(headers.get('vary'), /origin/)
      t.equal(await answer.text(), '')
    }
  }
  t.match(
    (await ask(SOCKET_IO.map((end) => `${PREFIX}/${end}`)[0] ?? '')).headers.get('access-control-allow-methods'),
    /POST/,
  )
})

t.test('pages of other origins may not, and learn nothing', async (t) => {
  for (const path of PATHS) {
    for (const origin of ['https://evil.example', 'https://game.example.evil.example', 'http://game.example', 'null']) {
      const answer = await ask(path, { origin })
      t.equal(answer.status, 403, `${path} ${origin}`)
      t.match(await answer.json(), { error: { code: 'ORIGIN_FORBIDDEN' } })
      for (const [name] of answer.headers) t.notMatch(name, /^access-control-/, path)
      t.match(answer.headers.get('vary'), /origin/, path)
    }
  }
})

t.test('a list of headers that is none is not given back', async (t) => {
  for (const wanted of ['a b', 'authorization, <script>', 'x'.repeat(101), '"x"', 'a:b']) {
    const answer = await ask(`${PREFIX}/private`, { wanted })
    t.match([answer.status, answer.headers.get('access-control-allow-headers')], [204, null], wanted)
  }
})

t.test('what no page may read answers as before', async (t) => {
  for (const path of ['/api/v1/players/alice', '/api/v1/config', '/health', '/ready', '/api/v1/x']) {
    const answer = await ask(path)
    t.match(answer.status, /^40[45]$/, path)
    t.equal(answer.headers.get('access-control-allow-origin'), null, path)
  }
  t.equal((await ask('/api/v1/goods/%zz')).status, 204, 'a path that cannot be decoded: the request itself says so')
  t.equal((await ask(`${PREFIX}/private`, { origin: '' })).status, 405, 'OPTIONS that no page asks')
  t.equal((await ask(`/api/v1/goods`, { origin: '' })).status, 405)
})

t.test('the answers behind it can be read by pages of an allowed origin, also where they refuse', async (t) => {
  const authorization = `Bearer ${server.mint('alice', { exp: 1 })}`
  const cases: readonly (readonly [path: string, status: number])[] = [
    [`${PREFIX}/private`, 401],
    [`${PREFIX}/public`, 426],
    ['/api/v1/goods', 200],
    ['/api/v1/goods/helmet', 200],
    ['/api/v1/goods/unknown', 404],
    ['/api/v1/goods?nonsense=1', 400],
    ['/api/v1/receipt-key', 200],
  ]
  for (const [path, status] of cases) {
    const page = await fetch(server.url + path, { headers: { origin: PAGE, authorization } })
    t.equal(page.status, status, path)
    t.equal(page.headers.get('access-control-allow-origin'), PAGE, path)
    t.match(page.headers.get('access-control-expose-headers'), /retry-after/, path)
    const other = await fetch(server.url + path, { headers: { origin: 'https://evil.example', authorization } })
    t.equal(other.headers.get('access-control-allow-origin'), null, path)
    for (const { headers } of [page, other]) t.match(headers.get('vary'), /origin/, path)
  }
  const admin = await fetch(`${server.url}/api/v1/config`, {
    headers: { origin: PAGE, authorization: `Bearer ${server.adminToken}` },
  })
  t.equal(admin.headers.get('access-control-allow-origin'), null, 'what wants the admin token is for no page')
})
