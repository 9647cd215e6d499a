import { ADMIN, PLAYERS, PLAYERS_AND_ADMIN, type Case } from '../case.ts'
import { expectEqual, expectThat, fieldsOf, listOf, show } from '../expect.ts'
import { errorOf, expectErrorShape, expectRefused } from '../http.ts'

interface Row {
  readonly id: string
  readonly checks: string
  readonly path?: string
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly status: number
  readonly code?: string
}

const ALMOST_A_KEY = 'dGhlIHNhbXBsZSBub25jZQ'

/** Upgrades that are refused in HTTP. A header that is '' is left out. */
const REFUSED: readonly Row[] = [
  { id: 'plain-public', checks: 'without Upgrade: 426', headers: { upgrade: '', connection: '' }, status: 426 },
  { id: 'no-upgrade-header', checks: 'Connection without Upgrade: 426', headers: { upgrade: '' }, status: 426 },
  { id: 'no-version', checks: 'no version: 426', headers: { 'sec-websocket-version': '' }, status: 426 },
  { id: 'version-8', checks: 'version 8: 426', headers: { 'sec-websocket-version': '8' }, status: 426 },
  { id: 'no-key', checks: 'no key: 400', headers: { 'sec-websocket-key': '' }, status: 400, code: 'BAD_REQUEST' },
  {
    id: 'key-short',
    checks: 'a key of 23 characters: 400',
    headers: { 'sec-websocket-key': `${ALMOST_A_KEY}=` },
    status: 400,
    code: 'BAD_REQUEST',
  },
  {
    id: 'key-long',
    checks: 'a key of 25 characters: 400',
    headers: { 'sec-websocket-key': `${ALMOST_A_KEY}===` },
    status: 400,
    code: 'BAD_REQUEST',
  },
  {
    id: 'key-not-base64',
    checks: 'a key that is not base64: 400',
    headers: { 'sec-websocket-key': `!${ALMOST_A_KEY.slice(1)}==` },
    status: 400,
    code: 'BAD_REQUEST',
  },
  { id: 'post', checks: 'POST: 405', method: 'POST', status: 405, code: 'METHOD_NOT_ALLOWED' },
  { id: 'put', checks: 'PUT: 405', method: 'PUT', status: 405, code: 'METHOD_NOT_ALLOWED' },
  { id: 'path-unknown', checks: 'another namespace: 404', path: '/secret', status: 404, code: 'NOT_FOUND' },
  { id: 'path-longer', checks: 'a path with another segment: 404', path: '/public/x', status: 404, code: 'NOT_FOUND' },
  { id: 'path-case', checks: 'another case: 404', path: '/Public', status: 404, code: 'NOT_FOUND' },
  { id: 'path-escaped', checks: 'an escaped path: 404', path: '/%70ublic', status: 404, code: 'NOT_FOUND' },
  {
    id: 'origin-foreign',
    checks: 'an Origin that is not allowed: 403',
    headers: { origin: 'https://conformance.invalid' },
    status: 403,
    code: 'ORIGIN_FORBIDDEN',
  },
  {
    id: 'origin-null',
    checks: 'the Origin null: 403',
    headers: { origin: 'null' },
    status: 403,
    code: 'ORIGIN_FORBIDDEN',
  },
  {
    id: 'subprotocols-unknown',
    checks: 'only unknown subprotocols: 400',
    headers: { 'sec-websocket-protocol': 'chat, game.v0.json' },
    status: 400,
    code: 'BAD_REQUEST',
  },
]

function refusedCase({ id, checks, path = '/public', method, headers, status, code }: Row): Case {
  return {
    id: `handshake.${id}`,
    section: 1,
    checks,
    run: async (lab) => {
      const answer = await lab.upgrade(path, headers, method)
      expectRefused(answer, status, code)
      if (status === 405) expectEqual(answer.headers['allow'], 'GET', 'Allow')
    },
  }
}

const HANDSHAKES: readonly Case[] = [
  {
    id: 'handshake.public',
    section: 1,
    checks: '/public accepts an upgrade without a token',
    run: async (lab) => expectEqual((await lab.upgrade('/public')).status, 101, 'the status'),
  },
  {
    id: 'handshake.guest',
    section: 1,
    checks: '/guest is the same as /public',
    run: async (lab) => {
      const [one, other] = [await lab.guest(), await lab.guest({ path: 'guest' })]
      expectEqual(other.namespace, one.namespace, 'the namespace')
    },
  },
  {
    id: 'handshake.plain-private',
    section: 1,
    checks: 'without Upgrade, /private answers with the refusal that an upgrade would get',
    run: async (lab) => expectRefused(await lab.http({ path: `${lab.target.prefix}/private` }), 401, 'AUTH_REQUIRED'),
  },
  {
    id: 'handshake.plain-private-with-token',
    section: 1,
    checks: 'without Upgrade, but with a valid token: 426',
    needs: PLAYERS,
    run: async (lab) => {
      const headers = { authorization: `Bearer ${lab.token(lab.name('player'))}` }
      expectRefused(await lab.http({ path: `${lab.target.prefix}/private`, headers }), 426)
    },
  },
  {
    id: 'handshake.plain-origin',
    section: 1,
    checks: 'without Upgrade, and from an Origin that is not allowed: 403',
    run: async (lab) => {
      const headers = { origin: 'https://conformance.invalid' }
      expectRefused(await lab.http({ path: `${lab.target.prefix}/public`, headers }), 403, 'ORIGIN_FORBIDDEN')
    },
  },
  {
    id: 'handshake.error-body',
    section: 5,
    checks: 'a refusal in HTTP has a JSON body with code, message and retryable',
    run: async (lab) => {
      for (const path of ['/private', '/secret']) {
        const answer = await lab.upgrade(path)
        expectErrorShape(errorOf(answer))
        expectThat(/^application\/json\b/.test(answer.headers['content-type'] ?? ''), 'JSON', answer.headers)
      }
    },
  },
]

/** Routes that need the admin token. */
const LOCKED: readonly (readonly [method: string, path: string])[] = [
  ['GET', '/api/v1/rooms'],
  ['POST', '/api/v1/rooms'],
  ['GET', '/api/v1/connections'],
  ['GET', '/api/v1/events'],
  ['PUT', '/api/v1/goods/conformance'],
  ['GET', '/api/v1/players/conformance'],
  ['POST', '/api/v1/players/conformance/credit'],
  ['POST', '/api/v1/broadcast'],
  ['POST', '/api/v1/messages'],
  ['GET', '/api/v1/config'],
]

const ROUTES: readonly Case[] = [
  ...['/health', '/ready', '/metrics', '/api/v1/goods', '/api/v1/receipt-key', '/'].map((path): Case => {
    return {
      id: `http.open${path === '/' ? '.console' : path.replaceAll('/', '.')}`,
      section: 8,
      checks: `GET ${path} answers 200 without a token`,
      run: async (lab) => expectEqual((await lab.http({ path })).status, 200, 'the status'),
    }
  }),
  ...LOCKED.map(([method, path]): Case => {
    return {
      id: `http.locked.${method.toLowerCase()}${path.replace('/api/v1', '').replaceAll('/', '.')}`,
      section: 8,
      checks: `${method} ${path} needs the admin token`,
      run: async (lab) => {
        expectRefused(await lab.http({ method, path }), 401, 'AUTH_REQUIRED')
        const headers = { authorization: 'Bearer not-the-admin-token' }
        expectRefused(await lab.http({ method, path, headers }), 401, 'TOKEN_INVALID')
      },
    }
  }),
  {
    id: 'http.path-unknown',
    section: 8,
    checks: 'an unknown path: 404',
    run: async (lab) => expectRefused(await lab.http({ path: '/api/v1/nothing' }), 404, 'NOT_FOUND'),
  },
  {
    id: 'http.method',
    section: 8,
    checks: 'another method: 405',
    run: async (lab) =>
      expectRefused(await lab.http({ method: 'DELETE', path: '/api/v1/goods' }), 405, 'METHOD_NOT_ALLOWED'),
  },
  {
    id: 'http.list',
    section: 8,
    checks: 'a list has items and next_cursor, and the cursor continues it',
    needs: PLAYERS_AND_ADMIN,
    run: async (lab) => {
      await Promise.all([lab.player(), lab.player()])
      const first = await lab.admin('GET', '/api/v1/connections?limit=1')
      expectEqual(listOf(first['items'], 'items').length, 1, 'the number of items')
      const cursor = encodeURIComponent(String(first['next_cursor']))
      const second = await lab.admin('GET', `/api/v1/connections?limit=1&cursor=${cursor}`)
      expectThat(show(second['items']) !== show(first['items']), 'another item', second)
    },
  },
  {
    id: 'http.config',
    section: 8,
    checks: 'the configuration does not show secrets',
    needs: ADMIN,
    run: async (lab) => {
      const text = JSON.stringify(await lab.admin('GET', '/api/v1/config'))
      const { secret, adminToken } = lab.target
      const told = [secret, adminToken].some((one) => one !== undefined && text.includes(one))
      expectThat(!told, 'no secret in it', told)
    },
  },
  {
    id: 'http.bad-json',
    section: 8,
    checks: 'a body that is not JSON: 400',
    needs: ADMIN,
    run: async (lab) => {
      const headers = { authorization: `Bearer ${lab.target.adminToken ?? ''}` }
      const answer = await lab.http({ method: 'POST', path: '/api/v1/rooms', headers, body: '{' })
      expectRefused(answer, 400, 'BAD_REQUEST')
    },
  },
  {
    id: 'http.player',
    section: 8,
    checks: 'a player has user_id, balances and inventory; a credit is added once',
    needs: ADMIN,
    run: async (lab) => {
      const user = lab.name('player')
      const credit = { currency: 'gold', amount: 30, idempotency_key: lab.name('key') }
      const path = `/api/v1/players/${user}`
      const expected = { user_id: user, balances: { gold: 30 }, inventory: {} }
      for (let i = 0; i < 2; i++) {
        const player = await lab.admin('POST', `${path}/credit`, credit)
        expectEqual(player['balances'], expected.balances, 'balances')
      }
      const { user_id, balances, inventory } = fieldsOf(await lab.admin('GET', path))
      expectEqual({ user_id, balances, inventory }, expected, 'the player')
      const other = await lab.askAdmin('POST', `${path}/credit`, { ...credit, amount: 31 })
      expectRefused(other, 409, 'IDEMPOTENCY_CONFLICT')
    },
  },
]

export const HTTP_CASES: readonly Case[] = [...REFUSED.map(refusedCase), ...HANDSHAKES, ...ROUTES]
