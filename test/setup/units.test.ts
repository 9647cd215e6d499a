import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { loadConfig } from '../../src/config/load.ts'
import { SETTINGS, isSettingName } from '../../src/config/settings.ts'
import { YOUNG_GENERATION } from '../../src/processes/child-process.ts'
import { EXIT } from '../../src/setup/exit-codes.ts'

const FOLDER = path.resolve(import.meta.dirname, '../../systemd')
const UNITS = ['drumbeat.service', 'drumbeat@.service'] as const
/** Tenths. */
const EXPOSURE_MAX = 15
const read = (name: string) => readFileSync(path.join(FOLDER, name), 'utf8')
const { settings } = loadConfig({ env: {} })

/** The values of a key, in order. */
function valuesOf(unit: string, key: string): readonly string[] {
  return [...unit.matchAll(new RegExp(`^${key}=(.*)$`, 'gm'))].map(([, value = '']) => value)
}

const hasAnalyze = spawnSync('systemd-analyze', ['--version']).status === 0
const skip = hasAnalyze ? false : 'there is no systemd-analyze (Debian: the package systemd)'

t.test('the units are exposed to 1.5 at most', { skip }, async (t) => {
  for (const name of UNITS) {
    const args = ['security', '--offline=yes', `--threshold=${EXPOSURE_MAX}`, '--no-pager', path.join(FOLDER, name)]
    const { status, stdout, stderr } = spawnSync('systemd-analyze', args, { encoding: 'utf8' })
    t.equal(status, 0, stdout + stderr)
    t.match(stdout, /Overall exposure level for drumbeat/)
  }
})

t.test('systemd understands every line of the units and of what stands beside them', { skip }, async (t) => {
  const folder = t.testdir({ 'etcd.service.d': {}, 'bad.service.d': {} })
  const put = (name: string, text: string) => writeFileSync(path.join(folder, name), text)
  // Where they will stand there is nothing now.
  for (const name of UNITS) put(name, read(name).replace(/^ExecStart=\S+/m, `ExecStart=${process.execPath}`))
  put('etcd.service', '[Service]\nType=notify\nExecStart=/bin/true\n')
  put('etcd.service.d/drumbeat.conf', read('etcd.service.d/drumbeat.conf'))
  put('bad.service', '[Service]\nExecStart=/bin/true\n')
  put('bad.service.d/a.conf', '[Service]\nNoNewPrivilege=yes\n')
  const verify = (name: string) => {
    const env = { ...process.env, SYSTEMD_UNIT_PATH: `${folder}:` }
    return spawnSync('systemd-analyze', ['verify', '--man=no', path.join(folder, name)], { env, encoding: 'utf8' })
  }
  const complaints = (name: string) =>
    verify(name)
      .stderr.split('\n')
      .filter((line) => line.includes(folder))
  for (const name of [...UNITS, 'etcd.service']) {
    t.equal(verify(name).status, 0, verify(name).stderr)
    t.strictSame(complaints(name), [], name)
  }
  t.match(complaints('bad.service'), [/bad\.service\.d.*Unknown key.*NoNewPrivilege/], 'it would be seen')
})

t.test('the two units differ in whose they are only', async (t) => {
  const [one, each] = UNITS.map((name) => read(name).split('\n').slice(1))
  const differing = (each ?? []).filter((line) => !one?.includes(line)).map((line) => line.split('=')[0])
  t.strictSame(differing, ['Description', 'Environment', 'EnvironmentFile', 'WorkingDirectory', 'StateDirectory'])
  t.equal(one?.length, each?.length)
})

t.test('the units leave the server the time that it takes', async (t) => {
  const unit = read('drumbeat.service')
  const secondsOf = (key: string) => Number(valuesOf(unit, key)[0])
  t.ok(secondsOf('TimeoutStopSec') * 1000 > settings.SHUTDOWN_TIMEOUT)
  t.ok(secondsOf('TimeoutStartSec') * 1000 > settings.ETCD_START_TIMEOUT)
  t.strictSame(
    valuesOf(unit, 'RestartPreventExitStatus')[0]?.split(' ').map(Number),
    [EXIT.usage, EXIT.permission, EXIT.configuration],
    'what another start would not mend',
  )
})

t.test('each credential is a setting, and may be absent', async (t) => {
  const unit = read('drumbeat.service')
  const named = valuesOf(unit, 'LoadCredential').map((value) => value.split(':')[0] ?? '')
  const secrets = Object.entries(SETTINGS).flatMap(([name, { secret }]) => (secret ? [name] : []))
  t.ok(named.every(isSettingName))
  for (const name of [...secrets, 'RECEIPT_KEY_FILE']) t.ok(named.includes(name), name)
  t.strictSame(
    valuesOf(unit, 'SetCredential'),
    named.map((name) => `${name}:\\n`),
  )
})

t.test("etcd's drop-in has room for the log", async (t) => {
  const [, quota] = /ETCD_QUOTA_BACKEND_BYTES=(\d+)/.exec(read('etcd.service.d/drumbeat.conf')) ?? []
  t.ok(Number(quota) >= 3 * settings.LOG_RETENTION_BYTES)
})

t.test('the primary is started with the young generation of the workers, by npm, too', async (t) => {
  const manifest = readFileSync(path.resolve(import.meta.dirname, '../../package.json'), 'utf8')
  for (const text of [read('drumbeat.service'), read('drumbeat@.service'), manifest])
    t.match(text, `${YOUNG_GENERATION} `)
})

t.test('the kernel knows what is set', async (t) => {
  const lines = read('sysctl.d/90-drumbeat.conf').matchAll(/^(-?)([a-z0-9_.]+) = .+$/gm)
  const here = [...lines].filter(([, mayBeAbsent]) => mayBeAbsent === '').map(([, , name = '']) => name)
  t.equal(here.length, 5)
  for (const name of here) {
    const file = `/proc/sys/${name.replaceAll('.', '/')}`
    // A container may not show them all.
    t.ok(existsSync(file) || !existsSync(path.dirname(file)), name)
  }
})
