/** The route that signs in with one click: the real router, without a server. */
import t from 'tap'
import { loadConfig, type Environment } from '../../src/config/load.ts'
import { signInCode } from '../../src/config/development.ts'
import { createRoutes } from '../../src/worker/routes.ts'
import { signInOf } from '../../src/worker/sign-in.ts'
import { systemClock as clock } from '../../src/base/clock.ts'
import { systemRandom as random } from '../../src/base/random.ts'
import { createTokenVerifier } from '../../src/auth/token.ts'
import { secretKeySource } from '../../src/auth/verify-key.ts'
import type { HttpAnswer } from '../../src/http/http.ts'
import { openRouter } from './open-router.ts'

const PATH = '/api/v1/sign-in'
const ADMIN_TOKEN = 'a development token of the data folder'
const SECRET = 'a development secret, of thirty-two bytes and more'
const CODE = signInCode(ADMIN_TOKEN)
const HEADERS = { host: '127.0.0.1:8080', origin: 'http://127.0.0.1:8080', 'content-type': 'application/json' }
const NOBODY = { ask: () => Promise.reject(new Error('nobody is asked')) }

/** The routes of a worker with these settings. */
function open(env: Environment = {}) {
  const config = loadConfig({ env })
  const welcome = { port: 8080, adminToken: ADMIN_TOKEN, tokenKey: { kind: 'secret', secret: SECRET } } as const
  const routes = createRoutes({ primary: NOBODY, clock, random, config, signIn: signInOf({ config, welcome, clock }) })
  const route = openRouter(routes)
  const ask = async (
    body: unknown,
    more: Readonly<Record<string, string>> = {},
    method = 'POST',
  ): Promise<HttpAnswer> => {
    const headers = Object.entries({ ...HEADERS, ...more })
    const plan = route({ method, path: PATH, query: '', headers, remoteAddress: '127.0.0.1' })
    if (plan.kind === 'refuse') return plan.answer
    return plan.run(() => Promise.resolve(Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))))
  }
  const page = async () => {
    const plan = route({ method: 'GET', path: '/', query: '', headers: [['host', 'x']], remoteAddress: '127.0.0.1' })
    return plan.kind === 'run' ? String((await plan.run(() => Promise.reject(new Error()))).body) : ''
  }
  return { ask, page }
}

const parsed = ({ status, body }: HttpAnswer) => ({ status, ...JSON.parse(String(body)) }) as { readonly token: string }

t.test('the operator gets the admin token, and a player a token of theirs', async (t) => {
  const { ask, page } = open()
  const answer = await ask({ code: CODE })
  t.strictSame(parsed(answer), { status: 200, token: ADMIN_TOKEN })
  t.equal(answer.headers['cache-control'], 'no-store')
  t.notOk(
    Object.keys(answer.headers).some((name) => name.startsWith('access-control')),
    'for no other page',
  )
  const { token } = parsed(await ask({ code: CODE, user_id: 'alice' }))
  const { verify } = createTokenVerifier({
    keys: secretKeySource(SECRET),
    tokenBytesMax: 4096,
    clockSkewMs: 0,
    lifetimeMaxMs: 86_400_000,
    nowMs: () => clock.wallMs(),
  })
  t.match(verify(token), { userId: 'alice' })
  t.match(await page(), '<meta name="sign-in" content="offered" />')
})

t.test('a wrong code, and what is no request, get nothing', async (t) => {
  const { ask } = open()
  for (const code of ['', CODE.slice(1), `${CODE}a`, CODE.toLowerCase(), ADMIN_TOKEN, 'x'.repeat(22)])
    t.match(parsed(await ask({ code })), { status: 403, error: { code: 'FORBIDDEN' } }, code)
  for (const code of [undefined, null, 1, {}, [CODE]]) t.match(parsed(await ask({ code })), { status: /^40[03]$/ })
  for (const user_id of ['', 'a b', 'x'.repeat(65), null, 7, 'guest-1'])
    t.match(
      parsed(await ask({ code: CODE, user_id })),
      { status: 400, error: { code: 'BAD_REQUEST' } },
      String(user_id),
    )
  t.match(parsed(await ask({ code: CODE, more: 1 })), { status: 400 })
  t.match(parsed(await ask('not JSON')), { status: 400 })
  t.match(parsed(await ask({ code: CODE }, {}, 'GET')), { status: 405 })
  t.match(parsed(await ask({ code: CODE }, { origin: 'http://evil.example' }, 'OPTIONS')), { status: 405 })
})

t.test('with the code, but not from the console of this machine, it gives nothing', async (t) => {
  const { ask } = open()
  for (const more of [
    { 'x-forwarded-for': '203.0.113.7' },
    { host: 'evil.example' },
    { host: 'localhost:8080' },
    { origin: 'http://evil.example' },
    { 'sec-fetch-site': 'cross-site' },
  ] as const)
    t.match(parsed(await ask({ code: CODE }, { ...more })), { status: 403, error: { code: 'FORBIDDEN' } })
})

t.test('where it is not offered, there is no such route, and the console says nothing of it', async (t) => {
  for (const env of [
    { HTTP_HOST: '0.0.0.0' },
    { ADMIN_TOKEN: 'a'.repeat(32) },
    { AUTH_JWT_SECRET: 'b'.repeat(32) },
    { TRUSTED_PROXIES: '127.0.0.1' },
    { ALLOWED_HOSTS: 'game.example' },
    { ADMIN_LISTEN: '127.0.0.1:9090' },
  ]) {
    const { ask, page } = open(env)
    t.match(parsed(await ask({ code: CODE })), { status: 404 }, Object.keys(env).join())
    t.match(await page(), '<meta name="sign-in" content="off" />')
  }
})
