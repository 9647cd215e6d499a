/**
 * The packages on a Debian with systemd as its PID 1: install, start, crash, watchdog, reload, a bad configuration, upgrade, removal. `npm run prove -- systemd`
 * as root with debootstrap and systemd-container; MIRROR=http://deb.debian.org/debian. Some four minutes, one of them the watchdog's.
 */
import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { Container, whyNoContainer } from '../helpers/container.ts'
import { holdsWithin } from '../helpers/until.ts'

const MIRROR = process.env['MIRROR'] ?? 'http://deb.debian.org/debian'
const ROOT = resolve(import.meta.dirname, '../..')
const NEXT = '99.0.0'
const URL = 'http://127.0.0.1:8080'
const AGAIN_MS_MAX = 10_000
/** WatchdogSec of the unit, the kill, and a start. */
const WATCHDOG_MS_MAX = 80_000
const SOON_MS = 20_000
const EXPOSURE_MAX = 1.5
const WRONG_CONFIGURATION = 78

const why = await whyNoContainer()
t.test('a life under systemd', { skip: why ?? false }, async (t) => {
  const { version, folder, rootfs } = stage(t)
  const machine = await Container.create(rootfs, MIRROR)
  t.teardown(() => machine.stop())
  // --boot mounts its own /run and /tmp; /root is the folder's.
  mkdirSync(join(rootfs, 'root/package'), { recursive: true })
  for (const name of [version, NEXT])
    for (const one of [name, `${name}.deb`])
      cpSync(join(folder, one), join(rootfs, 'root/package', one), { recursive: true, verbatimSymlinks: true })

  await t.test('it is installed, started, and says when it serves', async (t) => {
    await machine.run(`/root/package/${version}/install.sh`)
    await machine.run('systemctl enable --now drumbeat')
    t.match(await show(machine), { ActiveState: 'active', SubState: 'running', NRestarts: '0' })
    t.match(await machine.run(`curl --silent ${URL}/ready`), '"ready":true', 'at once')
    const said = await machine.run('systemd-analyze security --no-pager drumbeat | tail -n 1')
    const exposure = Number(/exposure level for drumbeat.service: ([\d.]+)/.exec(said)?.[1])
    t.ok(exposure <= EXPOSURE_MAX, `exposed to ${exposure}`)
    t.ok(await soon(async () => /connections, \d of \d workers/.test((await show(machine))['StatusText'] ?? '')))
    await machine.run('drumbeat doctor')
  })

  await t.test('a crash is survived, with all that was acknowledged', async (t) => {
    await credit(machine)
    const startedMs = performance.now()
    await machine.run('kill -KILL $(systemctl show --value --property MainPID drumbeat)')
    t.ok(await soon(async () => (await show(machine))['NRestarts'] === '1'))
    t.ok(await soon(() => isReady(machine)))
    const tookMs = performance.now() - startedMs
    t.ok(tookMs < AGAIN_MS_MAX, `it serves again after ${(tookMs / 1000).toFixed(1)} s`)
    t.equal(await gold(machine), 100)
  })

  await t.test('one that hangs is ended by the watchdog', async (t) => {
    const startedMs = performance.now()
    await machine.run('kill -STOP $(systemctl show --value --property MainPID drumbeat)')
    t.ok(await soon(async () => (await show(machine))['NRestarts'] === '2', WATCHDOG_MS_MAX))
    t.ok(await soon(() => isReady(machine)))
    t.comment(`it serves again after ${((performance.now() - startedMs) / 1000).toFixed(1)} s`)
    t.match(await journal(machine), /Watchdog timeout/)
  })

  await t.test('a reload keeps the primary and replaces the workers', async (t) => {
    const [before, workers] = [await show(machine), await workersOf(machine)]
    await machine.run('systemctl reload drumbeat')
    t.ok(await soon(async () => (await journal(machine)).includes('all workers were replaced')))
    t.equal((await show(machine))['MainPID'], before['MainPID'])
    const now = await workersOf(machine)
    t.equal(now.length, workers.length)
    t.notOk(now.some((pid) => workers.includes(pid)))
  })

  await t.test('a bad configuration is refused by a reload, and ends a start for good', async (t) => {
    await machine.run(
      'cp -p /etc/drumbeat/drumbeat.yaml /root/good.yaml && echo "workres: 3" >> /etc/drumbeat/drumbeat.yaml',
    )
    await machine.run('systemctl reload drumbeat || true')
    t.ok(await soon(async () => (await journal(machine)).includes('workres is not a setting')))
    t.ok(await isReady(machine), 'it goes on as it was')
    await machine.run('systemctl restart drumbeat || true')
    await sleep(3_000)
    const failed = { ActiveState: 'failed', ExecMainStatus: String(WRONG_CONFIGURATION), NRestarts: '0' }
    t.match(await show(machine), failed, 'it is not started over and over')
    await machine.run('cp -p /root/good.yaml /etc/drumbeat/drumbeat.yaml && systemctl reset-failed drumbeat')
    await machine.run('systemctl restart drumbeat')
    t.ok(await isReady(machine))
  })

  await t.test('an upgrade keeps configuration, secrets and data', async (t) => {
    await machine.run('md5sum /etc/drumbeat/drumbeat.yaml /etc/drumbeat/credentials/* > /root/before')
    t.match(await machine.run(`/root/package/${NEXT}/install.sh`), `To go back to ${version}`)
    t.equal(await machine.run('readlink /opt/drumbeat/current'), `releases/${NEXT}`)
    await machine.run('md5sum --check --quiet /root/before')
    t.ok(await isReady(machine))
    t.equal(await gold(machine), 100)
  })

  await t.test('a removal leaves what is the operator’s, --purge nothing', async (t) => {
    await machine.run('/opt/drumbeat/current/install.sh remove')
    await machine.run(
      'test ! -e /opt/drumbeat && test -e /etc/drumbeat/drumbeat.yaml && test -e /var/lib/drumbeat/records',
    )
    await machine.run(`/root/package/${NEXT}/install.sh remove --purge`)
    const left = await machine.run(
      'ls -d /opt/drumbeat /etc/drumbeat /var/lib/drumbeat /usr/local/bin/drumbeat || true',
    )
    t.notMatch(left, /^\//m)
    t.match(await machine.run('id drumbeat || true'), 'no such user')
    t.equal(await machine.run('systemctl --failed --no-legend'), '')
  })

  await t.test('the Debian package serves at once, keeps all in an upgrade, and a purge leaves nothing', async (t) => {
    const pids = () => machine.run('systemctl show --value --property MainPID drumbeat drumbeat@n1')
    await machine.run(`dpkg --install /root/package/${version}.deb`)
    t.equal(await machine.run('systemctl is-enabled drumbeat'), 'enabled')
    t.ok(await isReady(machine))
    await machine.run('systemd-analyze verify drumbeat.service drumbeat@n1.service')
    await credit(machine)
    await machine.run('printf "NODE_ID: n1\\nHTTP_PORT: 8081\\n" >/etc/drumbeat/n1.yaml && systemctl start drumbeat@n1')
    await machine.run('md5sum /etc/drumbeat/*.yaml /etc/drumbeat/credentials/* >/root/before')
    const before = await pids()
    await machine.run(`dpkg --install /root/package/${NEXT}.deb`)
    await machine.run('md5sum --check --quiet /root/before')
    t.equal(await machine.run('systemctl is-active drumbeat drumbeat@n1'), 'active\nactive')
    t.notOk(
      (await pids()).split('\n').some((pid) => pid !== '' && before.includes(pid)),
      'both were started again',
    )
    t.ok(await isReady(machine))
    t.equal(await gold(machine), 100)
    await machine.run('dpkg --purge drumbeat')
    t.equal(await machine.run('find /etc /usr /var/lib -xdev -name "*drumbeat*"'), '')
    t.equal(await machine.run('systemctl --failed --no-legend'), '')
  })
})

/** The package of this tree, and one of the next version, unpacked. */
function stage(t: Test) {
  const place = mkdtempSync('/var/tmp/drumbeat-systemd-')
  t.teardown(() => rmSync(place, { recursive: true, force: true }))
  execFileSync(process.execPath, [join(ROOT, 'src/setup/package.mjs'), '--only', 'tar'], { cwd: ROOT, stdio: 'ignore' })
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string }
  const name = `drumbeat-${version}-linux-${process.arch}`
  const folder = join(place, 'packages')
  mkdirSync(folder)
  execFileSync('tar', ['xzf', join(ROOT, 'dist', `${name}.tar.gz`), '-C', folder])
  cpSync(join(folder, name), join(folder, version), { recursive: true, verbatimSymlinks: true })
  cpSync(join(folder, name), join(folder, NEXT), { recursive: true, verbatimSymlinks: true })
  writeFileSync(join(folder, NEXT, 'VERSION'), `${NEXT}\n`)
  stageDebian(place, folder, version)
  return { version, folder, rootfs: join(place, 'rootfs') }
}

/** The same as Debian packages: `VERSION.deb`. */
function stageDebian(place: string, folder: string, version: string): void {
  const tree = join(place, 'tree')
  const args = [join(ROOT, 'src/setup/package.mjs'), '--only', 'deb', '--fast', '--out', place]
  const deb = execFileSync(process.execPath, args, { cwd: ROOT, encoding: 'utf8' }).trim()
  cpSync(deb, join(folder, `${version}.deb`))
  execFileSync('dpkg-deb', ['--raw-extract', deb, tree])
  const control = join(tree, 'DEBIAN/control')
  writeFileSync(control, readFileSync(control, 'utf8').replace(/^Version: .*/m, `Version: ${NEXT}`))
  const build = ['-Zgzip', '-z1', '--root-owner-group', '--build', tree, join(folder, `${NEXT}.deb`)]
  execFileSync('dpkg-deb', build, { stdio: 'ignore' })
}

async function show(machine: Container): Promise<Readonly<Record<string, string>>> {
  const wanted = 'ActiveState,SubState,MainPID,NRestarts,StatusText,ExecMainStatus'
  const lines = (await machine.run(`systemctl show --property ${wanted} drumbeat`)).split('\n')
  return Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]))
}

function journal(machine: Container): Promise<string> {
  return machine.run('journalctl --unit drumbeat --no-pager')
}

async function isReady(machine: Container): Promise<boolean> {
  return (await machine.run(`curl --silent --max-time 3 ${URL}/ready || true`)).includes('"ready":true')
}

async function workersOf(machine: Container): Promise<readonly string[]> {
  return (await machine.run('pgrep --full "[m]ain.ts --worker"')).split('\n')
}

const AUTHORIZED = '--header "Authorization: Bearer $(cat /etc/drumbeat/credentials/ADMIN_TOKEN)"'

async function credit(machine: Container): Promise<void> {
  const body = JSON.stringify({ amount: 100, currency: 'gold', idempotency_key: 'the-credit-of-the-proof' })
  await machine.run(
    `curl --silent --fail ${AUTHORIZED} --header 'Content-Type: application/json' --data '${body}' ${URL}/api/v1/players/alice/credit`,
  )
}

async function gold(machine: Container): Promise<unknown> {
  const player: unknown = JSON.parse(await machine.run(`curl --silent ${AUTHORIZED} ${URL}/api/v1/players/alice`))
  return (player as { balances: Record<string, unknown> }).balances['gold']
}

function soon(isTrue: () => Promise<boolean>, withinMs = SOON_MS): Promise<boolean> {
  return holdsWithin(isTrue, withinMs)
}
