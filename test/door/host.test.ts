import t from 'tap'
import { createHostPolicy } from '../../src/door/host.ts'

const OWN = ['localhost', 'localhost:8080', 'LocalHost:1', 'localhost.', '127.0.0.1', '127.0.0.1:8080', '127.1.2.3']
const OWN_V6 = ['[::1]', '[::1]:8080', 'game.localhost', 'a.b.localhost:8080', '[::ffff:127.0.0.1]:80']
const OTHERS = ['evil.example', 'evil.example:8080', 'localhost.evil.example', '127.0.0.1.evil.example', 'xlocalhost']
const ADDRESSES = ['10.0.0.7', '10.0.0.7:8080', '[2001:db8::7]:8080']
const LIKE_ADDRESSES = ['127.1', '0x7f.1', '2130706433', '[evil.example]', '[::1', '::1]', '', ':80', '.']
const PEER = '127.0.0.1'

const served = (options: Partial<Parameters<typeof createHostPolicy>[0]>, hosts: readonly string[], peer = PEER) => {
  const isServed = createHostPolicy({ allowed: undefined, listensOn: '127.0.0.1', trustedProxies: [], ...options })
  return hosts.filter((host) => isServed(host, peer))
}

t.test('a port on loopback has the names of loopback and addresses only', async (t) => {
  for (const listensOn of ['127.0.0.1', '::1', 'localhost', '127.0.0.2', 'game.localhost']) {
    t.strictSame(served({ listensOn }, [...OWN, ...OWN_V6]), [...OWN, ...OWN_V6], listensOn)
    t.strictSame(served({ listensOn }, ADDRESSES), ADDRESSES, 'no page that was led here has one')
    t.strictSame(served({ listensOn }, [...OTHERS, ...LIKE_ADDRESSES]), [], listensOn)
  }
})

t.test('a port that others can reach has any name, unless the names are listed', async (t) => {
  for (const listensOn of ['0.0.0.0', '::', '10.0.0.7', 'game.example']) {
    t.strictSame(served({ listensOn }, [...OWN, ...OTHERS, ...ADDRESSES]), [...OWN, ...OTHERS, ...ADDRESSES])
    const allowed = ['game.example']
    t.strictSame(served({ listensOn, allowed }, [...OTHERS, ...LIKE_ADDRESSES]), [], listensOn)
    t.strictSame(served({ listensOn, allowed }, [...OWN, ...ADDRESSES, 'Game.Example:443']).length, OWN.length + 4)
  }
})

t.test('a list has names with or without a port, all below a name, addresses, or any', async (t) => {
  const allowed = ['game.example', '*.play.example', '10.0.0.7', '2001:DB8:0::7']
  const hosts = ['game.example', 'game.example.:443', 'a.play.example', 'a.b.play.example:80', ...ADDRESSES]
  t.strictSame(served({ allowed }, [...OWN, ...hosts]), [...OWN, ...hosts])
  t.strictSame(served({ allowed }, ['a.game.example', 'play.example', 'aplay.example', ...OTHERS]), [])
  t.strictSame(served({ allowed: ['*'] }, OTHERS), OTHERS)
  t.strictSame(served({ allowed: [] }, [...OWN, ...OTHERS]), OWN)
})

t.test('a trusted proxy passes on what it likes, unless the names are listed', async (t) => {
  const trustedProxies = ['127.0.0.0/8']
  t.strictSame(served({ trustedProxies }, OTHERS), OTHERS)
  t.strictSame(served({ trustedProxies }, OTHERS, '::ffff:127.0.0.1'), OTHERS, 'on a dual-stack socket')
  t.strictSame(served({ trustedProxies }, OTHERS, '::1'), [], 'not of the proxy')
  t.strictSame(served({ trustedProxies }, OTHERS, ''), [], 'a peer that is gone')
  t.strictSame(served({ trustedProxies, allowed: ['game.example'] }, [...OTHERS, 'game.example']), ['game.example'])
})
