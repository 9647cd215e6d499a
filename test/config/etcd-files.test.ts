import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { readFileSync } from 'node:fs'
import t from 'tap'
import { loadConfig } from '../../src/config/load.ts'
import { makeCertificates, type Certificates } from '../helpers/certificates.ts'
import { mistakesOf } from './loading.ts'

const SHARED = { AUTH_JWT_SECRET: 'a secret of this test, of thirty-two bytes and more', ADMIN_TOKEN: 'x'.repeat(16) }
const SECURE = { ...SHARED, ETCD_ENDPOINTS: 'https://a:2379' }
const PLAIN = { ...SHARED, ETCD_ENDPOINTS: 'http://a:2379' }
/** As an operator has them in a shell for etcd itself. */
const OF_ETCD = { ETCD_CERT_FILE: '/etc/etcd/server.pem', ETCD_KEY_FILE: '/etc/etcd/server-key.pem' }

function settingsOf(files: Certificates) {
  return { ETCD_CA_FILE: files.ca, ETCD_CERT_FILE: files.client.cert, ETCD_KEY_FILE: files.client.key }
}

t.test('a certificate or a key that TLS cannot use is named, with its setting', async (t) => {
  const folder = t.testdir({ 'no-pem': 'this is no PEM', one: {}, other: {} })
  const noPem = join(folder, 'no-pem')
  const good = settingsOf(await makeCertificates(join(folder, 'one')))
  const other = settingsOf(await makeCertificates(join(folder, 'other')))
  const encrypted = join(folder, 'encrypted.pem')
  const args = ['pkey', '-aes256', '-passout', 'pass:of-the-test', '-in', good.ETCD_KEY_FILE, '-out', encrypted]
  execFileSync('openssl', args)
  t.strictSame(mistakesOf({ ...SECURE, ...good }), [])
  const cases: readonly [Readonly<Record<string, string>>, RegExp][] = [
    [{ ETCD_CA_FILE: noPem }, /^ETCD_CA_FILE must be certificates in PEM \(.+\); it is ".*no-pem"$/],
    [{ ETCD_CERT_FILE: noPem }, /^ETCD_CERT_FILE must be a certificate in PEM/],
    [{ ETCD_KEY_FILE: noPem }, /^ETCD_KEY_FILE must be a private key in PEM, without a passphrase/],
    [{ ETCD_KEY_FILE: encrypted }, /^ETCD_KEY_FILE must be a private key in PEM, without a passphrase/],
    [{ ETCD_KEY_FILE: good.ETCD_CERT_FILE }, /^ETCD_KEY_FILE must be a private key in PEM/],
    [{ ETCD_KEY_FILE: other.ETCD_KEY_FILE }, /^ETCD_KEY_FILE must be the key of the certificate in ETCD_CERT_FILE/],
    [{ ETCD_KEY_FILE: join(folder, 'none') }, /^ETCD_KEY_FILE must be a readable file \(ENOENT/],
  ]
  const secret = readFileSync(good.ETCD_KEY_FILE, 'utf8').split('\n')[1] ?? ''
  for (const [wrong, said] of cases) {
    const mistakes = mistakesOf({ ...SECURE, ...good, ...wrong })
    t.equal(mistakes.length, 1, mistakes.join())
    t.match(mistakes, [said])
    t.notOk(mistakes.join().includes(secret), 'and nothing of a key is said')
  }
})

t.test('variables that etcd itself reads do not stop a server that has no TLS with etcd', async (t) => {
  for (const env of [SHARED, PLAIN]) {
    const { settings, sources } = loadConfig({ env: { ...env, ...OF_ETCD } })
    t.equal(settings.ETCD_CERT_FILE, undefined)
    t.equal(settings.ETCD_KEY_FILE, undefined)
    t.equal(sources.ETCD_CERT_FILE, 'default')
  }
})

t.test('where etcd has TLS they are used, and a mistake in them says where they came from', async (t) => {
  const mistakes = mistakesOf({ ...SECURE, ...OF_ETCD })
  t.equal(mistakes.length, 2)
  for (const mistake of mistakes) {
    t.match(
      mistake,
      /^ETCD_(CERT|KEY)_FILE must be a readable file .* \(environment; etcd itself reads a variable of this name\)$/,
    )
  }
})

t.test('in the file, which is ours, they are a mistake without TLS', async (t) => {
  const CONFIG_FILE = join(t.testdir({ 'a.yaml': 'ETCD_CERT_FILE: /x.pem\nETCD_KEY_FILE: /y.pem\n' }), 'a.yaml')
  t.match(mistakesOf({ ...PLAIN, CONFIG_FILE }).at(-1), /^ETCD_CERT_FILE, ETCD_KEY_FILE must not be set with http:/)
})
