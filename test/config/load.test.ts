import os from 'node:os'
import path from 'node:path'
import t from 'tap'
import { ConfigError, loadConfig, type Environment } from '../../src/config/load.ts'
import { SETTING_NAMES } from '../../src/config/settings.ts'
import { mistakesOf } from './loading.ts'

t.test('with nothing set every setting has its default', async (t) => {
  const { settings, explicit } = loadConfig({ env: {} })
  t.equal(explicit.size, 0)
  t.match(settings, {
    HTTP_HOST: '127.0.0.1',
    HTTP_PORT: 8080,
    API_PATH_PREFIX: '/core/game/v1/real-time',
    SOCKET_READ_TIMEOUT: 30_000,
    MAX_PAYLOAD_BYTES: 16_384,
    GUEST_DENIED_EVENTS: ['core.game.state.buy_good'],
    PRIVATE_DENIED_EVENTS: [],
    ROOM_AUTO_CREATE: true,
    HISTORY_TTL: 600_000,
  })
  t.equal(settings.AUTH_JWT_SECRET, undefined)
  t.equal(settings.DATA_DIR, path.resolve('data'))
})

t.test('defaults that depend on the machine, the package and other settings are filled in', async (t) => {
  const { settings } = loadConfig({ env: { MAX_PAYLOAD_BYTES: '1KiB' } })
  t.equal(settings.WORKERS, os.availableParallelism())
  t.equal(settings.MAX_PAYLOAD_BYTES_HARD, 4096)
  t.equal(settings.MEMORY_LIMIT, Math.min(process.constrainedMemory() || Infinity, os.totalmem()))
  t.equal(settings.GOODS_FILE, path.resolve(import.meta.dirname, '../../config/goods.yaml'))
  t.strictSame(settings.AUTH_JWT_ALGORITHMS, ['HS256'])
})

t.test('a part of the log has one level', async (t) => {
  const mistakes = mistakesOf({ LOG_LEVELS: 'worker=debug,ledger=trace,worker=info' })
  t.strictSame(mistakes, ['LOG_LEVELS must not name worker twice'])
})

t.test('the package root says where the goods are', async (t) => {
  const packageRoot = t.testdir({ config: { 'goods.yaml': 'goods: []' } })
  const { settings } = loadConfig({ env: {}, packageRoot })
  t.equal(settings.GOODS_FILE, path.join(packageRoot, 'config/goods.yaml'))
})

t.test('the environment wins over the file, and the file over the defaults', async (t) => {
  const file = path.join(t.testdir({ 'a.yaml': 'HTTP_PORT: 1000\nNODE_ID: from-file\n' }), 'a.yaml')
  const { settings, explicit, sources } = loadConfig({ env: { CONFIG_FILE: file, HTTP_PORT: '2000' } })
  t.match(settings, { HTTP_PORT: 2000, NODE_ID: 'from-file', HTTP_HOST: '127.0.0.1' })
  t.match(sources, { HTTP_PORT: 'environment', NODE_ID: 'file', HTTP_HOST: 'default' })
  t.strictSame([...explicit].toSorted(), ['CONFIG_FILE', 'HTTP_PORT', 'NODE_ID'])
})

t.test('an empty variable counts as not set, also where the file sets it', async (t) => {
  const file = path.join(t.testdir({ 'a.yaml': 'HTTP_PORT: 1000\n' }), 'a.yaml')
  t.equal(loadConfig({ env: { HTTP_PORT: '' } }).settings.HTTP_PORT, 8080)
  t.equal(loadConfig({ env: { CONFIG_FILE: file, HTTP_PORT: '' } }).settings.HTTP_PORT, 1000)
  t.equal(loadConfig({ env: { CONFIG_FILE: '' } }).settings.CONFIG_FILE, undefined)
})

t.test('the configuration is frozen to its depth', async (t) => {
  const { settings, explicit, sources } = loadConfig({ env: { ALLOWED_ORIGINS: 'https://a.example' } })
  t.throws(() => Object.assign(settings, { HTTP_PORT: 1 }), TypeError)
  t.throws(() => Object.assign(settings.ALLOWED_ORIGINS, ['*']), TypeError)
  t.throws(() => Object.assign(settings.AUTH_JWT_ALGORITHMS, ['none']), TypeError)
  t.throws(() => Object.assign(settings.TRUSTED_PROXIES, ['10.0.0.1']), TypeError)
  t.throws(() => Object.assign(sources, { HTTP_PORT: 'file' }), TypeError)
  t.throws(() => (explicit as Set<unknown>).add('HTTP_PORT'), TypeError)
})

t.test('all mistakes come at once, a line each, naming the setting and the value', async (t) => {
  const mistakes = mistakesOf({ HTTP_PORT: '70000', WORKERS: '0', LOG_LEVEL: 'loud', NODE_ID: 'a b', HTTP_PROT: '1' })
  t.equal(mistakes.length, 4)
  for (const mistake of mistakes) t.notMatch(mistake, /\n/)
  t.ok(mistakes.includes('HTTP_PORT must be a whole number from 0 to 65535; it is "70000" (environment)'))
  t.ok(mistakes.includes('WORKERS must be a whole number from 1 to 256; it is "0" (environment)'))
})

t.test('mistakes of the values and of what they are together come in one go', async (t) => {
  const mistakes = mistakesOf({ HTTP_PORT: 'x', NAMESPACE_GUEST: 'private', ETCD_USERNAME: 'root' })
  t.strictSame(
    mistakes.map((line) => line.split(' ', 1)[0]),
    ['HTTP_PORT', 'NAMESPACE_GUEST', 'ETCD_PASSWORD'],
  )
})

t.test('no secret is in a mistake', async (t) => {
  const text = mistakesOf({ AUTH_JWT_SECRET: 'hunter2', ADMIN_TOKEN: 'hunter2 hunter2 hunter2' }).join('\n')
  t.match(text, /AUTH_JWT_SECRET must be at least 32 bytes/)
  t.match(text, /ADMIN_TOKEN must be printable ASCII/)
  t.notMatch(text, /hunter2/)
})

t.test('a long value is shown by its beginning', async (t) => {
  const [mistake = ''] = mistakesOf({ NODE_ID: 'x'.repeat(5000) })
  t.ok(mistake.length < 250, mistake)
})

t.test('an unknown variable that was obviously meant for us is a warning without its value', async (t) => {
  const meant = {
    HTTP_PROT: 'HTTP_PORT',
    HTTP_PORTS: 'HTTP_PORT',
    WORKER: 'WORKERS',
    LOG_LEVL: 'LOG_LEVEL',
    DATADIR: 'DATA_DIR',
    ADMIN_TOKNE: 'ADMIN_TOKEN',
    ALOWED_ORIGNS: 'ALLOWED_ORIGINS',
    AUTH_JWT_SECRETS: 'AUTH_JWT_SECRET',
    ETCD_ENDPOINT: 'ETCD_ENDPOINTS',
  }
  for (const [name, setting] of Object.entries(meant)) {
    const { warnings } = loadConfig({ env: { [name]: 'hunter2' } })
    t.strictSame(warnings, [`${name} is not a setting; the nearest is ${setting} (environment)`])
  }
})

t.test("other programs' variables are passed over", async (t) => {
  for (const name of [
    'PATH',
    'HOME',
    'NODE_ENV',
    'NODE_OPTIONS',
    'HTTP_PROXY',
    'http_proxy',
    'NODE_IP',
    'CI',
    'PORT',
    'NODE_URL',
    'NODE_AZ',
    'NODE_OS',
    'FTP_PORT',
    'HTTPS_PORT',
    'HTTP_SERVICE_PORT',
    'HTTP_PORT_80_TCP',
    'HTTP_PORT_80_TCP_PORT',
  ]) {
    t.strictSame(loadConfig({ env: { [name]: 'x' } }).warnings, [], name)
  }
})

t.test('no setting is taken for the misspelling of another', async (t) => {
  t.equal(new Set(SETTING_NAMES).size, SETTING_NAMES.length)
  for (const name of SETTING_NAMES) {
    t.strictSame(warningsOf({ [name]: 'x' }), [], name)
  }
})

/** Of a configuration whose values may be wrong. */
function warningsOf(env: Environment): readonly string[] {
  try {
    return loadConfig({ env }).warnings
  } catch (error) {
    if (error instanceof ConfigError) return error.mistakes.filter((mistake) => mistake.includes('no setting'))
    throw error
  }
}

t.test('what Kubernetes sets for a Service named http is called what it is', async (t) => {
  const [mistake = ''] = mistakesOf({ HTTP_PORT: 'tcp://10.96.7.1:80' })
  t.match(mistake, /^HTTP_PORT must be a whole number .*"tcp:\/\/10\.96\.7\.1:80" \(environment\)\. Kubernetes sets/)
  t.match(mistake, 'enableServiceLinks: false')
  t.notMatch(mistakesOf({ HTTP_PORT: 'x' }).join(), 'Kubernetes')
})

t.test('a password in a URL is not in a mistake', async (t) => {
  const wrong = {
    ETCD_ENDPOINTS: 'http://root:hunter2@etcd:2379',
    OTLP_ENDPOINT: 'http://user:hunter2@collector:4318',
    AUTH_JWKS_URL: 'https://user:hunter2@keys.example/jwks.json',
    ALLOWED_ORIGINS: 'https://user:hunter2@game.example',
  }
  for (const [name, value] of Object.entries(wrong)) {
    const [mistake = ''] = mistakesOf({ [name]: value })
    t.match(mistake, new RegExp(`^${name} must be .*://…@`))
    t.notMatch(mistake, /hunter2/)
  }
  t.notMatch(mistakesOf({ ETCD_ENDPOINTS: `http://root:hunter2${'x'.repeat(80)}@etcd:2379` }).join(), /hunter2/)
})
