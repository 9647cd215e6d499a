/** When the console may offer to sign one in with one click. What a request must be is in test/door/sign-in.test.ts. */
import t from 'tap'
import { hasSignIn, isForDevelopment, signInCode, signInUrl } from '../../src/config/development.ts'
import { loadConfig, type Environment } from '../../src/config/load.ts'

const CLUSTER = {
  ETCD_ENDPOINTS: 'http://127.0.0.1:2379',
  ADMIN_TOKEN: 'a'.repeat(32),
  AUTH_JWT_SECRET: 'b'.repeat(32),
}

const CASES: readonly (readonly [what: string, env: Environment, offered: boolean])[] = [
  ['nothing is set', {}, true],
  ['loopback by name', { HTTP_HOST: 'localhost' }, true],
  ['loopback in IPv6', { HTTP_HOST: '::1' }, true],
  ['another address of loopback', { HTTP_HOST: '127.0.0.2' }, true],
  ['settings that say nothing of who comes', { WORKERS: '1', ALLOWED_ORIGINS: '*', API_PATH_PREFIX: '/play' }, true],
  ['every interface', { HTTP_HOST: '0.0.0.0' }, false],
  ['every interface in IPv6', { HTTP_HOST: '::' }, false],
  ['an address of the network', { HTTP_HOST: '192.168.0.7' }, false],
  ['a name', { HTTP_HOST: 'game.example' }, false],
  ['a name that begins like loopback', { HTTP_HOST: 'localhost.example' }, false],
  ['an admin token', { ADMIN_TOKEN: 'a'.repeat(32) }, false],
  ['a key of tokens', { AUTH_JWT_SECRET: 'b'.repeat(32) }, false],
  ['both secrets', { ADMIN_TOKEN: 'a'.repeat(32), AUTH_JWT_SECRET: 'b'.repeat(32) }, false],
  ['a key set', { AUTH_JWKS_URL: 'https://login.example/keys' }, false],
  ['a port for operators', { ADMIN_LISTEN: '127.0.0.1:9090' }, false],
  ['names that clients may use', { ALLOWED_HOSTS: 'game.example' }, false],
  ['any name', { ALLOWED_HOSTS: '*' }, false],
  ['a proxy', { TRUSTED_PROXIES: '127.0.0.1' }, false],
  ['users by a header of the proxy', { TRUSTED_PROXIES: '127.0.0.1', AUTH_TRUSTED_HEADER: 'true' }, false],
  ['other nodes', CLUSTER, false],
]

t.test('it is offered on loopback, without a secret, and without a word of a proxy or of others', async (t) => {
  for (const [what, env, offered] of CASES) t.equal(hasSignIn(loadConfig({ env }).settings), offered, what)
})

t.test('a public key is a secret of this kind, too', async (t) => {
  const { settings } = loadConfig({ env: {} })
  t.notOk(hasSignIn({ ...settings, AUTH_JWT_PUBLIC_KEY_FILE: '/etc/key.pem' }))
  t.ok(isForDevelopment({ ...settings, AUTH_JWT_PUBLIC_KEY_FILE: '/etc/key.pem' }))
})

t.test('the code stays the same, is as hard to guess as a key, and is not the token', async (t) => {
  const code = signInCode('a development token')
  t.equal(code, signInCode('a development token'))
  t.not(code, signInCode('another token'))
  t.match(code, /^[\w-]{22}$/)
  t.equal(signInUrl('http://127.0.0.1:8080', 'a development token'), `http://127.0.0.1:8080/#sign-in=${code}`)
})
