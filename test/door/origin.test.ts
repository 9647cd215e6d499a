import t from 'tap'
import { Headers } from '../../src/door/request-head.ts'
import { createOriginPolicy, normaliseOrigin, ownHosts } from '../../src/door/origin.ts'

const HOST = 'api.example.com:8080'

t.test('an origin has one spelling', async (t) => {
  t.equal(normaliseOrigin('HTTPS://Game.Example.COM:443'), 'https://game.example.com')
  t.equal(normaliseOrigin('http://game.example.com:80'), 'http://game.example.com')
  t.equal(normaliseOrigin('https://game.example.com:80'), 'https://game.example.com:80')
  t.equal(normaliseOrigin('https://müller.example'), 'https://xn--mller-kva.example')
  t.equal(normaliseOrigin('http://[2001:DB8::1]:8080'), 'http://[2001:db8::1]:8080')
  t.equal(normaliseOrigin('Capacitor://localhost'), 'capacitor://localhost')
})

t.test('what is not an origin has no spelling', async (t) => {
  const wrong = ['', 'null', 'game.example.com', 'https://', 'https://a/', 'https://a/b', 'https://a?b', 'https://a#b']
  for (const text of [
    ...wrong,
    'https://u@a',
    'https://a b',
    'https://a https://b',
    'https://a:99999',
    'https:\\\\a',
  ]) {
    t.equal(normaliseOrigin(text), undefined, text)
  }
})

t.test('listed origins and the server itself are allowed', async (t) => {
  const policy = createOriginPolicy(['https://game.example.com', 'http://dev.example:3000', 'app://game'])
  const allowed = ['https://game.example.com', 'https://GAME.example.com:443', 'http://dev.example:3000', 'app://game']
  for (const origin of [...allowed, `http://${HOST}`, `https://${HOST}`]) t.ok(policy.allows(origin, HOST), origin)
})

t.test('an origin that only resembles a listed one is refused', async (t) => {
  const policy = createOriginPolicy(['https://game.example.com'])
  const refused = [
    'null',
    '',
    'https://evil-game.example.com',
    'https://game.example.com.evil.net',
    'https://game.example.com:8443',
    'http://game.example.com',
    'https://example.com',
    'https://game.example.com/',
    'https://game.example.com https://evil.net',
    'http://api.example.com',
    'https://api.example.com:8081',
  ]
  for (const origin of refused) t.notOk(policy.allows(origin, HOST), origin)
})

t.test('null is allowed where it is listed by name', async (t) => {
  const policy = createOriginPolicy(['null'])
  t.ok(policy.allows('null', HOST))
  for (const origin of ['', 'NULL', 'null:80', 'https://null', 'https://a'])
    t.notOk(policy.allows(origin, HOST), origin)
  t.ok(createOriginPolicy(['*', 'null']).allows('null', HOST))
})

t.test('the server is called what a trusted proxy was asked for, too', async (t) => {
  const hosts = (isProxied: boolean, ...lines: [string, string][]) =>
    ownHosts(new Headers([['host', 'game.example'], ...lines]), isProxied)
  const port: [string, string] = ['x-forwarded-port', '8443']
  t.same(hosts(true, port), ['game.example', 'game.example:8443'])
  t.same(hosts(true, ['x-forwarded-host', 'a.example:81'], port), ['game.example', 'a.example:81'])
  t.same(hosts(true, ['x-forwarded-host', 'evil.example, a.example']), ['game.example', 'a.example'])
  t.same(hosts(true), ['game.example'])
  t.same(hosts(false, port, ['x-forwarded-host', 'a.example']), ['game.example'], 'anybody may send these')
})

t.test('with * every origin is allowed, but null never is', async (t) => {
  const policy = createOriginPolicy(['*'])
  t.ok(policy.allows('https://anywhere.example', HOST))
  t.notOk(policy.allows('null', HOST))
})

t.test('a list with anything but origins is refused', async (t) => {
  for (const entry of ['game.example.com', 'https://game.example.com/path', '*.example.com', 'NULL', 'null/']) {
    t.throws(() => createOriginPolicy([entry]), entry)
  }
})
