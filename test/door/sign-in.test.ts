/** Which requests may sign in with one click: those of the console of this machine, and no other. */
import t from 'tap'
import { findSignInFault } from '../../src/door/sign-in.ts'

const PORT = 8080
const GOOD = { host: '127.0.0.1:8080', origin: 'http://127.0.0.1:8080', 'sec-fetch-site': 'same-origin' }

type Given = Readonly<Record<string, string | readonly string[] | undefined>>

function fault(given: Given, { peer = '127.0.0.1', port = PORT } = {}): string | undefined {
  const all: Given = { ...GOOD, ...given }
  const headers = Object.entries(all).flatMap(([name, value = []]) =>
    [value].flat().map((one): [string, string] => [name, one]),
  )
  return findSignInFault({ headers, remoteAddress: peer }, port)
}

t.test('the console by each name and address of loopback', async (t) => {
  t.equal(fault({}), undefined)
  for (const name of ['localhost', '127.0.0.1', '[::1]']) {
    t.equal(fault({ host: `${name}:8080`, origin: `http://${name}:8080` }), undefined, name)
    t.equal(fault({ host: name, origin: `http://${name}` }, { port: 80 }), undefined, 'port 80 is not said')
  }
  for (const peer of ['127.0.0.1', '::1', '::ffff:127.0.0.1', '127.3.2.1'])
    t.equal(fault({}, { peer }), undefined, peer)
  t.equal(fault({ 'sec-fetch-site': undefined }), undefined, 'a browser that does not send it')
})

t.test('another machine', async (t) => {
  for (const peer of ['192.168.0.7', '10.0.0.1', '2001:db8::1', '::ffff:10.0.0.1', '0.0.0.0', 'unknown', ''])
    t.match(fault({}, { peer }), /another machine/, peer)
})

t.test('a proxy or a tunnel, by whatever it adds', async (t) => {
  for (const name of [
    'x-forwarded-for',
    'x-forwarded-host',
    'x-forwarded-proto',
    'x-forwarded-port',
    'x-forwarded-server',
    'x-forwarded',
    'forwarded',
    'via',
    'x-real-ip',
    'x-client-ip',
    'x-cluster-client-ip',
    'true-client-ip',
    'x-original-host',
    'x-original-url',
    'cf-connecting-ip',
    'cf-ray',
    'cdn-loop',
    'x-envoy-external-address',
    'x-amzn-trace-id',
    'x-ms-proxy-target',
    'tailscale-user-login',
  ]) {
    t.match(fault({ [name]: '127.0.0.1' }), new RegExp(`by a proxy: it has ${name}`), name)
    t.match(fault({ [name]: '' }), /by a proxy/, `${name}, empty`)
  }
})

t.test('another Host', async (t) => {
  for (const host of [
    undefined,
    '',
    'evil.example',
    'evil.example:8080',
    'game.localhost:8080',
    'localhost.evil.example:8080',
    '127.0.0.1.evil.example:8080',
    '127.0.0.2:8080',
    '127.1:8080',
    '2130706433:8080',
    '0.0.0.0:8080',
    '[::]:8080',
    '[::ffff:127.0.0.1]:8080',
    '192.168.0.7:8080',
    'localhost.:8080',
    'LOCALHOST:8080',
    // Another port: a container's, or one that is passed on.
    'localhost',
    '127.0.0.1',
    'localhost:80',
    'localhost:8081',
    '127.0.0.1:80800',
    '127.0.0.1:08080',
    ['127.0.0.1:8080', '127.0.0.1:8080'],
    ['127.0.0.1:8080', 'evil.example'],
  ]) {
    const own = Array.isArray(host) ? String(host[0]) : String(host)
    t.match(fault({ host, origin: `http://${own}` }), /^Host is not/, String(host))
  }
})

t.test('another Origin', async (t) => {
  for (const origin of [
    undefined,
    '',
    'null',
    '*',
    'http://evil.example',
    'https://127.0.0.1:8080',
    'http://127.0.0.1',
    'http://127.0.0.1:8081',
    'http://localhost:8080',
    'http://[::1]:8080',
    'http://127.0.0.1:8080/',
    'http://127.0.0.1:8080.evil.example',
    'http://127.0.0.1:8080@evil.example',
    'HTTP://127.0.0.1:8080',
    'file://',
    ['http://127.0.0.1:8080', 'http://127.0.0.1:8080'],
    ['http://127.0.0.1:8080', 'http://evil.example'],
  ])
    t.match(fault({ origin }), /^Origin is not/, String(origin))
})

t.test('a request that a browser says is of another page', async (t) => {
  for (const site of ['cross-site', 'same-site', 'none', '', 'Same-Origin']) {
    t.match(fault({ 'sec-fetch-site': site }), /not of the console/, site)
  }
  t.match(fault({ 'sec-fetch-site': ['same-origin', 'cross-site'] }), /not of the console/)
})
