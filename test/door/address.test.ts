import t from 'tap'
import { addressKey, clientAddress, createProxyTrust, isLoopback, normaliseAddress } from '../../src/door/address.ts'

t.test('an address has one spelling, whatever form it came in', async (t) => {
  const spellings: [string, string | undefined][] = [
    ['127.0.0.1', '127.0.0.1'],
    ['0000:0000:0000:0000:0000:ffff:7f00:0001', '127.0.0.1'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['::FFFF:c000:0207', '192.0.2.7'],
    ['0000:0000:0000:0000:0000:0000:0000:0001', '::1'],
    ['0000:0000:0000:0000:0000:0000:0000:0000', '::'],
    ['2001:0DB8:0000:0000:0001:0000:0000:0001', '2001:db8::1:0:0:1'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['2001:db8::', '2001:db8::'],
    ['1:0:0:2:0:0:0:3', '1:0:0:2::3'],
    ['64:ff9b::192.0.2.33', '64:ff9b::c000:221'],
    ['fe80::1%eth0', 'fe80::1'],
    ['::fffe:7f00:1', '::fffe:7f00:1'],
    ['', undefined],
    ['localhost', undefined],
    ['1.2.3', undefined],
    ['1.2.3.256', undefined],
    ['1::2::3', undefined],
    ['12345::', undefined],
  ]
  for (const [text, expected] of spellings) t.equal(normaliseAddress(text), expected, text)
})

t.test('limits count IPv4 by address and IPv6 by /64', async (t) => {
  t.equal(addressKey('192.0.2.7'), '192.0.2.7')
  t.equal(addressKey('2001:db8:0:1:aaaa::1'), '2001:db8:0:1::/64')
  t.equal(addressKey('2001:db8:0:1:bbbb::2'), '2001:db8:0:1::/64')
  t.equal(addressKey('2001:db8:0:2::1'), '2001:db8:0:2::/64')
  t.equal(addressKey('::1'), '::1', 'loopback is not its neighbours')
  t.equal(addressKey('::2'), '::/64')
})

t.test('loopback is known by address and by key', async (t) => {
  for (const address of ['127.0.0.1', '127.255.0.3', '::1']) t.ok(isLoopback(addressKey(address)), address)
  for (const address of ['128.0.0.1', '::2', '127.example', '2001:db8::1'])
    t.notOk(isLoopback(addressKey(address)), address)
})

t.test('proxies are trusted by address and by range', async (t) => {
  const trust = createProxyTrust(['192.0.2.1', '10.0.0.0/8', '2001:db8::/32', '::ffff:198.51.100.0/120'])
  for (const address of ['192.0.2.1', '10.255.1.2', '2001:db8:ffff::1', '198.51.100.77']) {
    t.ok(trust.trusts(address), address)
  }
  for (const address of ['192.0.2.2', '11.0.0.1', '2001:db9::1', '198.51.101.1', 'unknown']) {
    t.notOk(trust.trusts(address), address)
  }
})

t.test('a proxy list with anything but addresses and ranges is refused', async (t) => {
  for (const entry of [
    '',
    'proxy.example',
    '10.0.0.0/33',
    '10.0.0.0/-1',
    '10.0.0.0/8/8',
    '10.0.0.0/',
    '::ffff:1.2.3.4/64',
  ]) {
    t.throws(() => createProxyTrust([entry]), entry)
  }
})

t.test('X-Forwarded-For counts from the right, as far as trusted proxies wrote it', async (t) => {
  const trust = createProxyTrust(['127.0.0.1', '10.0.0.0/8'])
  const cases: [peer: string, forwardedFor: string[], expected: string, why: string][] = [
    ['203.0.113.9', ['1.1.1.1'], '203.0.113.9', 'the peer is not trusted'],
    ['127.0.0.1', [], '127.0.0.1', 'no header'],
    ['127.0.0.1', ['203.0.113.9'], '203.0.113.9', 'one proxy'],
    ['127.0.0.1', ['6.6.6.6, 203.0.113.9'], '203.0.113.9', 'what the client claimed is left of what the proxy saw'],
    ['127.0.0.1', ['6.6.6.6, 203.0.113.9 , 10.1.2.3'], '203.0.113.9', 'two proxies'],
    ['127.0.0.1', ['6.6.6.6', '203.0.113.9', '10.1.2.3'], '203.0.113.9', 'one line each'],
    ['127.0.0.1', ['10.0.0.9, 10.0.0.8'], '10.0.0.9', 'all are trusted'],
    ['127.0.0.1', ['203.0.113.9, nonsense'], 'unknown', 'nonsense ends the walk'],
    ['127.0.0.1', ['203.0.113.9,'], 'unknown', 'an empty entry ends the walk'],
    ['127.0.0.1', [''], '127.0.0.1', 'an empty header'],
    ['127.0.0.1', ['203.0.113.9, nonsense, 10.1.2.3'], 'unknown', 'nonsense left of a trusted proxy'],
    ['127.0.0.1', ['nonsense, 203.0.113.9'], '203.0.113.9', 'nonsense of the client'],
    ['127.0.0.1', ['203.0.113.9:4711'], '203.0.113.9', 'with a port'],
    ['127.0.0.1', ['[2001:DB8::1]:4711'], '2001:db8::1', 'IPv6 with a port'],
    ['127.0.0.1', ['[2001:db8::1]'], '2001:db8::1', 'IPv6 in brackets'],
    ['127.0.0.1', ['::ffff:203.0.113.9'], '203.0.113.9', 'mapped IPv4'],
  ]
  for (const [peer, forwardedFor, expected, why] of cases) {
    t.equal(clientAddress(peer, forwardedFor, trust), expected, why)
  }
})
