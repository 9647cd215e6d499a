import t from 'tap'
import { mistakesOf } from './loading.ts'

/** A setting, values that must be refused, and values that must not. */
const CASES: readonly (readonly [name: string, refused: readonly string[], accepted: readonly string[]])[] = [
  ['HTTP_PORT', ['70000', '65536', '-1', '80.5', 'http', '0x50', '1e3', ' '], ['0', '65535', ' 8080 ']],
  ['WORKERS', ['0', '10000', '257', '-2', 'many', '1.5'], ['1', '256']],
  ['SOCKET_READ_TIMEOUT', ['5s', '1000s', '7999ms', '15m1s', '30', '-30s', '30 s', 's', '1y'], ['8s', '900s', '15m']],
  ['SOCKET_WRITE_TIMEOUT', ['0s', '601s', '1.5s'], ['1s', '1000ms', '10m']],
  ['AUTH_CLOCK_SKEW', ['301s', '6m'], ['0s', '5m']],
  ['HISTORY_TTL', ['0s', '31d', '999ms'], ['1s', '30d', '24h']],
  ['MAX_PAYLOAD_BYTES', ['255', '1GiB', '16 XiB', '16KiBs', '-1', '1.5KiB', 'big'], ['256', '1MiB', '16 KiB', '64kb']],
  ['HTTP_HEAD_BYTES', ['4095', '65KiB', '1MiB', '0'], ['4KiB', '16384', '64KiB']],
  ['AUTH_TOKEN_BYTES_MAX', ['255', '33KiB', '-1'], ['256', '4096', '14KiB']],
  ['HISTORY_BYTES', ['63KiB', '65GiB', '99999999999999999999'], ['64KiB', '64GiB', '1GB']],
  ['MEMORY_LIMIT', ['63MiB', '1', '-1', '80%', 'false', 'none', '65537GiB'], ['off', '0', '64MiB', '2GiB']],
  ['FLUSH_INTERVAL_MS', ['1001', '10ms'], ['0', '1000']],
  ['ROOM_AUTO_CREATE', ['maybe', '2', 'truefalse'], ['true', 'FALSE', '1', '0', 'yes', 'off']],
  ['LOG_LEVEL', ['loud', 'INFO', ''.padEnd(3)], ['trace', 'silent']],
  [
    'LOG_LEVELS',
    [
      'worker',
      'worker=loud',
      'nothing=debug',
      'worker=debug=info',
      '=debug',
      'worker=',
      'Worker=debug',
      'toString=debug',
    ],
    ['none', 'worker=debug', 'worker=debug, ledger=trace', 'socket-io=silent'],
  ],
  ['NODE_ID', ['a b', 'ä', 'x'.repeat(65), 'a/b', '../x'], ['n-1_A', 'x'.repeat(64)]],
  ['HTTP_HOST', ['256.0.0.1', '1.2.3', 'a b', '-x', 'http://x', '*'], ['0.0.0.0', '::', '::1', 'localhost', 'a.b-c.d']],
  [
    'ADMIN_LISTEN',
    [
      '9090',
      ':9090',
      '127.0.0.1',
      '127.0.0.1:',
      '::1:9090',
      '[::1]',
      '[127.0.0.1]:90',
      'a:65536',
      'http://a:90',
      '1.2.3:90',
      'a b:90',
    ],
    ['127.0.0.1:9090', '[::1]:0', '0.0.0.0:65535', 'localhost:9090', '[::]:9090'],
  ],
  [
    'API_PATH_PREFIX',
    ['core', '/', '/a/', '/a//b', '/a/*', '/:x', '/a/../b', '/./a', '/a?b', '/a b', '/%61', '/api/v1', '/api/v1/x'],
    ['/a', '/core/game/v1.2/real-time', '/api/v2', '/..a'],
  ],
  ['GUEST_DENIED_EVENTS', ['core.game.nothing', 'buy_good', 'core.game.reply'], ['core.game.room.join', 'none']],
  [
    'ALLOWED_ORIGINS',
    ['example.com', 'https://a.example/', 'https://a.example/x', 'https://*.a.example', 'https://', 'https://u@a', ','],
    [
      '*',
      'https://a.example',
      'http://localhost:3000,https://b.example',
      'capacitor://localhost',
      'http://[::1]:80',
      'null',
    ],
  ],
  [
    'ALLOWED_HOSTS',
    ['https://a.example', 'a.example:80', 'a.example/', '[::1]', '*.', '*.*.example', 'a.*', '127.1', ','],
    ['*', 'none', 'a.example', '*.a.example, localhost', '10.0.0.1', '::1'],
  ],
  [
    'TRUSTED_PROXIES',
    ['10.0.0.0/33', '::/129', 'proxy', '10.0.0.1/', '10.0.0.1/8/8', '10.0.0', '10.0.0.1,,10.0.0.2'],
    ['10.0.0.1', '10.0.0.0/8, ::1', 'fd00::/8', 'none'],
  ],
  ['AUTH_JWT_ALGORITHMS', ['none', 'HS1', 'hs256', 'HS256,RS256'], ['HS256', 'HS384,HS512']],
  ['AUTH_JWT_SECRET', ['short', 'x'.repeat(31)], ['x'.repeat(32), 'ü'.repeat(16)]],
  ['ADMIN_TOKEN', ['x'.repeat(15), `${'x'.repeat(16)} y`, 'ü'.repeat(16)], ['x'.repeat(16)]],
  [
    'OTLP_ENDPOINT',
    ['4318', 'localhost:4318', 'grpc://a:4317', 'http://', 'http://u:p@a:4318', 'http://a:4318?x=1', 'http://a:99999'],
    ['http://127.0.0.1:4318', 'https://otlp.example/otlp', 'http://[::1]:4318/'],
  ],
  ['TRACE_SAMPLE_RATIO', ['1.01', '-0.1', '1e-3', '50%', 'all', '0,1', '.5'], ['0', '1', '0.01', '1.0']],
  ['GOODS_FILE', ['/nonexistent/goods.yaml'], ['config/goods.yaml']],
  ['NAMESPACE_GUEST', ['private'], ['visitors']],
]

for (const [name, refused, accepted] of CASES) {
  t.test(`${name} takes what is in its bounds and nothing else`, async (t) => {
    for (const value of refused) t.match(mistakesOf({ [name]: value }), [new RegExp(`^${name} must `)], `"${value}"`)
    for (const value of accepted) t.strictSame(mistakesOf({ [name]: value }), [], `"${value}"`)
  })
}

t.test('a duration without a unit is refused, and the answer shows how it is written', async (t) => {
  const [mistake] = mistakesOf({ SOCKET_READ_TIMEOUT: '30' })
  t.equal(
    mistake,
    'SOCKET_READ_TIMEOUT must be a duration from 8s to 900s, written as in 250ms, 5s, 10m, 24h or 7d; it is "30" (environment)',
  )
})

t.test('the hard frame limit must be above the soft one, and the backpressure limit not under it', async (t) => {
  t.strictSame(mistakesOf({ MAX_PAYLOAD_BYTES: '2MiB', MAX_PAYLOAD_BYTES_HARD: '2MiB' }), [
    'MAX_PAYLOAD_BYTES_HARD must be larger than MAX_PAYLOAD_BYTES (2097152); it is 2097152',
    'BACKPRESSURE_BYTES must not be under MAX_PAYLOAD_BYTES (2097152); it is 1048576',
  ])
  t.strictSame(mistakesOf({ MAX_PAYLOAD_BYTES: '16MiB', BACKPRESSURE_BYTES: '16MiB' }), [])
  t.strictSame(mistakesOf({ MAX_PAYLOAD_BYTES: '1KiB', MAX_PAYLOAD_BYTES_HARD: '1025' }), [])
})

t.test('the largest token and the rest of a handshake must fit into the largest head', async (t) => {
  t.strictSame(mistakesOf({ AUTH_TOKEN_BYTES_MAX: '16KiB' }), [
    'AUTH_TOKEN_BYTES_MAX must not be over HTTP_HEAD_BYTES - 2048 (14336), because the rest of a handshake has to fit, too; it is 16384',
  ])
  t.strictSame(mistakesOf({ AUTH_TOKEN_BYTES_MAX: '16KiB', HTTP_HEAD_BYTES: '18KiB' }), [])
  t.strictSame(mistakesOf({ HTTP_HEAD_BYTES: '4KiB' }), [], 'with the default of the token')
})

t.test('trusting a header without trusted proxies is refused', async (t) => {
  t.match(mistakesOf({ AUTH_TRUSTED_HEADER: 'true' }), [
    /^AUTH_TRUSTED_HEADER must not be true without TRUSTED_PROXIES/,
  ])
  t.strictSame(mistakesOf({ AUTH_TRUSTED_HEADER: 'true', TRUSTED_PROXIES: '10.0.0.1' }), [])
})

t.test('etcd endpoints are checked, and the nodes of a cluster must share their secrets', async (t) => {
  const shared = { AUTH_JWT_SECRET: 'x'.repeat(32), ADMIN_TOKEN: 'x'.repeat(16) }
  t.strictSame(mistakesOf({ ETCD_ENDPOINTS: 'http://a:2379,http://b:2379', ...shared }), [])
  t.match(mistakesOf({ ETCD_ENDPOINTS: 'http://a:2379' }), [
    /^one of AUTH_JWT_SECRET, .* is missing/,
    /^ADMIN_TOKEN is/,
  ])
  t.match(mistakesOf({ ETCD_ENDPOINTS: 'http://a:2379,https://b:2379', ...shared }), [
    /must not mix http:\/\/ and https:\/\//,
  ])
  for (const value of [
    ',',
    ' ',
    'a:2379',
    'ftp://a:1',
    'http://a',
    'http://a:2379/x',
    'http://u:p@a:1',
    'http://a:99999',
  ]) {
    t.match(mistakesOf({ ETCD_ENDPOINTS: value }), [/^ETCD_ENDPOINTS must be a list /], `"${value}"`)
  }
})

t.test('headers for the collector are a secret, and go with where they are sent', async (t) => {
  const OTLP_ENDPOINT = 'http://127.0.0.1:4318'
  for (const good of ['authorization=Bearer%20hidden', 'a=1, b=x=y', 'x-key=two words'])
    t.strictSame(mistakesOf({ OTLP_ENDPOINT, OTLP_HEADERS: good }), [], good)
  for (const bad of [
    'hidden',
    '=hidden',
    'a b=hidden',
    'a=hidden,',
    'a=%hidden',
    'a=hidden,A=hidden',
    'a=hidden%0d%0a',
  ]) {
    const mistakes = mistakesOf({ OTLP_ENDPOINT, OTLP_HEADERS: bad })
    t.match(mistakes, [/^OTLP_HEADERS must be headers as in name=value/], bad)
    t.notMatch(mistakes.join(), 'hidden')
  }
  t.strictSame(mistakesOf({ OTLP_HEADERS: 'a=hidden' }), ['OTLP_ENDPOINT is missing: OTLP_HEADERS goes with it'])
})

t.test('the etcd user name and password go together', async (t) => {
  t.strictSame(mistakesOf({ ETCD_USERNAME: 'root' }), ['ETCD_PASSWORD is missing: user name and password go together'])
  t.strictSame(mistakesOf({ ETCD_PASSWORD: 'secret' }), [
    'ETCD_USERNAME is missing: user name and password go together',
  ])
  t.strictSame(mistakesOf({ ETCD_USERNAME: 'root', ETCD_PASSWORD: 'secret' }), [])
})
