import path from 'node:path'
import t from 'tap'
import { loadConfig } from '../../src/config/load.ts'
import { mistakesOf } from './loading.ts'

const SECRET = 'a secret of this test, of thirty-two bytes and more'

t.test('a secret is what its credential holds, without the line break at the end', async (t) => {
  for (const end of ['', '\n', '\r\n']) {
    const CREDENTIALS_DIRECTORY = t.testdir({ AUTH_JWT_SECRET: SECRET + end, ETCD_PASSWORD: ` x ${end}` })
    const { settings, sources, explicit } = loadConfig({ env: { CREDENTIALS_DIRECTORY, ETCD_USERNAME: 'drumbeat' } })
    t.match(settings, { AUTH_JWT_SECRET: SECRET, ETCD_PASSWORD: ' x ' })
    t.match(sources, { AUTH_JWT_SECRET: 'credentials', ADMIN_TOKEN: 'default' })
    t.ok(explicit.has('AUTH_JWT_SECRET'))
  }
})

t.test('a setting that names a file names the credential', async (t) => {
  const CREDENTIALS_DIRECTORY = t.testdir({ RECEIPT_KEY_FILE: 'a key\n' })
  const { settings } = loadConfig({ env: { CREDENTIALS_DIRECTORY } })
  t.equal(settings.RECEIPT_KEY_FILE, path.join(CREDENTIALS_DIRECTORY, 'RECEIPT_KEY_FILE'))
})

t.test('the environment wins over credentials, and these over the file', async (t) => {
  const folder = t.testdir({
    credentials: { ADMIN_TOKEN: 'of-the-credentials', AUTH_JWT_SECRET: SECRET },
    'a.yaml': 'ADMIN_TOKEN: of-the-configuration-file\n',
  })
  const env = { CONFIG_FILE: path.join(folder, 'a.yaml'), CREDENTIALS_DIRECTORY: path.join(folder, 'credentials') }
  t.equal(loadConfig({ env }).settings.ADMIN_TOKEN, 'of-the-credentials')
  const both = loadConfig({ env: { ...env, ADMIN_TOKEN: 'of-the-environment' } })
  t.equal(both.settings.ADMIN_TOKEN, 'of-the-environment')
  t.match(both.sources, { ADMIN_TOKEN: 'environment', AUTH_JWT_SECRET: 'credentials' })
})

t.test('an empty credential counts as not set, as an empty variable does', async (t) => {
  const folder = t.testdir({
    credentials: { ADMIN_TOKEN: '', AUTH_JWT_SECRET: '\n', RECEIPT_KEY_FILE: '' },
    'a.yaml': 'ADMIN_TOKEN: of-the-configuration-file\n',
  })
  const env = { CONFIG_FILE: path.join(folder, 'a.yaml'), CREDENTIALS_DIRECTORY: path.join(folder, 'credentials') }
  t.match(loadConfig({ env }).settings, { ADMIN_TOKEN: 'of-the-configuration-file' })
  t.equal(loadConfig({ env }).settings.RECEIPT_KEY_FILE, undefined)
  t.equal(loadConfig({ env: { CREDENTIALS_DIRECTORY: '' } }).settings.ADMIN_TOKEN, undefined)
})

t.test('credentials of other programs are left alone', async (t) => {
  t.strictSame(mistakesOf({ CREDENTIALS_DIRECTORY: t.testdir({ 'tls.key': 'x', 'network.hosts': 'x' }) }), [])
})

t.test('bad credentials are named, and no secret is said', async (t) => {
  const folder = t.testdir({
    short: { AUTH_JWT_SECRET: 'hunter2' },
    bytes: { ADMIN_TOKEN: Buffer.concat([Buffer.from('hunter2 and more of it'), Buffer.from([0xff, 0xfe])]) },
    lines: { ADMIN_TOKEN: 'hunter2-hunter2-hunter2\nhunter2\n' },
    folder: { ADMIN_TOKEN: {} },
    misspelt: { ADMIN_TOKN: 'hunter2-hunter2-hunter2' },
    plain: { HTTP_PORT: '8080' },
    itself: { CONFIG_FILE: 'HTTP_PORT: 8080' },
    two: { AUTH_JWT_SECRET: SECRET, AUTH_JWT_PUBLIC_KEY_FILE: 'no key' },
  })
  const cases: readonly [string, RegExp][] = [
    ['short', /^AUTH_JWT_SECRET must be at least 32 bytes of text, and has 7 \(credentials\)$/],
    ['bytes', /^ADMIN_TOKEN cannot be read from the credentials: it is not UTF-8$/],
    ['lines', /^ADMIN_TOKEN must be at least 16 bytes of text without control characters \(credentials\)$/],
    ['folder', /^ADMIN_TOKEN cannot be read from the credentials: EISDIR/],
    ['misspelt', /^ADMIN_TOKN is not a setting; the nearest is ADMIN_TOKEN \(credentials\)$/],
    ['plain', /^HTTP_PORT is neither a secret nor a file: it cannot be a credential$/],
    ['itself', /^CONFIG_FILE is neither a secret nor a file/],
    ['two', /^AUTH_JWT_SECRET and AUTH_JWT_PUBLIC_KEY_FILE must not be set together/],
    ['absent', /^CREDENTIALS_DIRECTORY must be a readable folder \(ENOENT/],
    ['short/AUTH_JWT_SECRET', /^CREDENTIALS_DIRECTORY must be a readable folder \(ENOTDIR/],
  ]
  for (const [name, mistake] of cases) {
    const mistakes = mistakesOf({ CREDENTIALS_DIRECTORY: path.join(folder, name) })
    t.match(mistakes[0], mistake, name)
    t.notMatch(mistakes.join('\n'), 'hunter2', name)
  }
})
