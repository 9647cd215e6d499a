/** The Debian package: what is in it, that it serves, and what dpkg makes of it on a copy of this machine. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs'
import path from 'node:path'
import { gunzipSync } from 'node:zlib'
import t, { type Test } from 'tap'
import { MachineCopy, whyNoCopy } from '../helpers/machine-copy.ts'
import { startProgram } from '../helpers/started.ts'

const ROOT = path.resolve(import.meta.dirname, '../..')
const { version } = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as { version: string }
const SECONDS = '1700000000'

const run = (command: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
  spawnSync(command, args, { encoding: 'utf8', env: { ...process.env, ...env } })
const hasTool = (name: string) => run('sh', ['-c', `command -v ${name}`]).status === 0
const skip = !hasTool('dpkg-deb') && 'there is no dpkg-deb here'
const noLintian = !hasTool('lintian') && 'there is no lintian (Debian: the package lintian)'

/** Makes it; gives its file. */
function make(t: Test, folder: string, ...args: readonly string[]): string {
  const command = [path.join(ROOT, 'src/setup/package.mjs'), '--only', 'deb', '--out', folder, ...args]
  const { status, stdout, stderr } = run(process.execPath, command, { SOURCE_DATE_EPOCH: SECONDS })
  t.equal(status, 0, stderr)
  return stdout.trim()
}

t.test('the Debian package as a file', { skip }, async (t) => {
  const folder = t.testdir({ first: {}, second: {}, tree: {} })
  const deb = make(t, path.join(folder, 'first'), '--fast')
  t.match(path.basename(deb), /^drumbeat_\d+\.\d+\.\d+_(amd64|arm64)\.deb$/)
  const tree = path.join(folder, 'tree')
  t.equal(run('dpkg-deb', ['--raw-extract', deb, tree]).status, 0)
  const at = (name: string) => path.join(tree, name)
  const read = (name: string) => readFileSync(at(name), 'utf8')
  const modeOf = (name: string) => (statSync(at(name)).mode & 0o777).toString(8)

  await t.test('its fields', async (t) => {
    const field = (name: string) => run('dpkg-deb', ['--field', deb, name]).stdout.trim()
    t.equal(field('Package'), 'drumbeat')
    t.equal(field('Version'), version)
    t.match(field('Depends'), /adduser, libc6 \(>= 2\.34\), libgcc-s1, libstdc\+\+6 \(>= 11\)/)
    t.match(field('Maintainer'), /^[^<]+ <\S+@\S+>$/)
    t.ok(Number(field('Installed-Size')) > 100_000, field('Installed-Size'))
    t.equal(read('DEBIAN/conffiles'), '/etc/drumbeat/drumbeat.yaml\n')
    t.equal(spawnSync('md5sum', ['--check', '--quiet', '--strict', 'DEBIAN/md5sums'], { cwd: tree }).status, 0)
  })

  await t.test('its files: settings and secrets are for nobody else', async (t) => {
    t.equal(modeOf('etc/drumbeat'), '750')
    t.equal(modeOf('etc/drumbeat/drumbeat.yaml'), '640')
    t.equal(modeOf('etc/drumbeat/credentials'), '700')
    t.strictSame(readdirSync(at('etc/drumbeat/credentials')), [], 'each machine makes its own')
    const programs = run('find', [tree, '-type', 'f', '-perm', '/111', '-printf', '%P\n']).stdout.trim().split('\n')
    t.strictSame(
      programs.toSorted(),
      [
        ...['postinst', 'postrm', 'prerm'].map((name) => `DEBIAN/${name}`),
        'usr/bin/drumbeat',
        `usr/lib/drumbeat/node_modules/node-linux-${process.arch}/bin/node`,
      ].toSorted(),
    )
    t.equal(run('find', [tree, '-perm', '/022', '-not', '-type', 'l']).stdout, '', 'nobody but root may write')
    const built = readdirSync(at('usr/lib/drumbeat/src/setup')).filter((name) => !name.endsWith('.ts'))
    t.strictSame(built, [])
    t.equal(readlinkSync(at('usr/share/doc/drumbeat/docs')), '../../../lib/drumbeat/docs')
    t.ok(statSync(at('usr/share/doc/drumbeat/docs/reference/settings.md')).isFile())
    const manual = gunzipSync(readFileSync(at('usr/share/man/man1/drumbeat.1.gz'))).toString()
    t.match(manual, 'drumbeat start [\\-\\-games FILE]')
    const listed = run('dpkg-deb', ['--contents', deb], { TZ: 'UTC' }).stdout.trim().split('\n')
    t.strictSame(
      listed.filter((line) => !(line.includes(' root/root ') && line.includes(' 2023-11-14 22:13 '))),
      [],
      'all of one owner and one date',
    )
  })

  await t.test('its units run what is in it', async (t) => {
    for (const unit of ['drumbeat.service', 'drumbeat@.service']) {
      const text = read(`usr/lib/systemd/system/${unit}`)
      const [, node = '', main = ''] = /^ExecStart=(\S+) (?:--\S+ )*(\S+)$/m.exec(text) ?? []
      t.ok(statSync(at(node)).isFile() && statSync(at(main)).isFile(), `${node} ${main}`)
      t.notMatch(text, '/opt/')
    }
  })

  await t.test('lintian finds no error', { skip: noLintian }, async (t) => {
    const { stdout } = run('lintian', ['--allow-root', '--tag-display-limit', '0', deb])
    for (const line of stdout.split('\n').filter((line) => line.startsWith('W:'))) t.comment(line)
    t.strictSame(
      stdout.split('\n').filter((line) => line.startsWith('E:')),
      [],
    )
  })

  await t.test('the server starts from its tree', async (t) => {
    const app = at('usr/lib/drumbeat')
    const data = path.join(folder, 'data')
    mkdirSync(data)
    const env = { CONFIG_FILE: at('etc/drumbeat/drumbeat.yaml'), DATA_DIR: data }
    const node = path.join(app, 'node_modules/.bin/node')
    const { url } = await startProgram(t, folder, [node, path.join(app, 'src/cli.ts'), 'start'], env)
    t.equal((await fetch(`${url}/ready`)).status, 200)
    const { dependencies } = JSON.parse(readFileSync(path.join(app, 'package.json'), 'utf8')) as {
      dependencies: object
    }
    // uplot is for pages.
    const code = Object.keys(dependencies).flatMap((name) => (name === 'uplot' ? [] : [`await import('${name}')`]))
    const args = ['-u', 'NODE_OPTIONS', node, '--input-type=module', '--eval', code.join('\n')]
    const { status, stderr } = spawnSync('env', args, { cwd: app, encoding: 'utf8' })
    t.equal(status, 0, `all that is loaded later is there, too ${stderr}`)
  })

  await t.test('the same sources and packages give the same package', async (t) => {
    const again = [1, 2].map((n) => make(t, path.join(folder, `second/${n}`), '--no-modules'))
    const [one, other] = again.map((file) => readFileSync(file))
    t.ok(one && other && one.equals(other))
  })
})

const noCopy = skip || (!hasTool('adduser') && 'there is no adduser here') || whyNoCopy()

t.test('dpkg installs, upgrades, removes and purges it', { skip: noCopy }, async (t) => {
  const folder = t.testdir({ newer: {} })
  const deb = make(t, folder, '--no-modules')
  const newer = path.join(folder, 'newer.deb')
  const tree = path.join(folder, 'newer')
  const change = `sed -i 's/^Version: .*/Version: 99/' DEBIAN/control && echo '# new' >>etc/drumbeat/drumbeat.yaml`
  run('dpkg-deb', ['--raw-extract', deb, tree])
  t.equal(spawnSync('sh', ['-ec', `${change}; dpkg-deb --root-owner-group -b . ${newer}`], { cwd: tree }).status, 0)
  const machine = await MachineCopy.create(t)
  const state = () => machine.run(`dpkg-query --show --showformat '\${Status} \${Version}' drumbeat`)
  const secrets = () => machine.run('md5sum /etc/drumbeat/credentials/*')

  await t.test('installed: a user, secrets and a data folder that are for it only', async (t) => {
    await machine.run(`dpkg --install ${deb}`)
    t.equal(await state(), `install ok installed ${version}`)
    t.match(await machine.run('getent passwd drumbeat'), /:\/var\/lib\/drumbeat:\/usr\/sbin\/nologin$/)
    const modes = await machine.run(`cd /; stat -c '%U:%G %a %n' /etc/drumbeat /etc/drumbeat/drumbeat.yaml \\
      /etc/drumbeat/credentials /etc/drumbeat/credentials/* /var/lib/drumbeat`)
    t.strictSame(modes.split('\n'), [
      'root:drumbeat 750 /etc/drumbeat',
      'root:drumbeat 640 /etc/drumbeat/drumbeat.yaml',
      'root:root 700 /etc/drumbeat/credentials',
      'root:root 600 /etc/drumbeat/credentials/ADMIN_TOKEN',
      'root:root 600 /etc/drumbeat/credentials/AUTH_JWT_SECRET',
      'drumbeat:drumbeat 700 /var/lib/drumbeat',
    ])
    t.equal(await machine.run('drumbeat --version'), version)
    t.match(await machine.run('drumbeat config'), /^ADMIN_TOKEN +\(hidden\) {2}\(credentials\)$/m)
    t.equal(await machine.run(`setpriv --reuid nobody --clear-groups drumbeat --version`), version, 'for anybody')
    t.match(await machine.run('ls /etc/systemd/system/multi-user.target.wants'), /^drumbeat\.service$/m)
  })

  await t.test('its scripts may run again, and keep what the operator changed', async (t) => {
    const before = await secrets()
    await machine.run('echo "WORKERS: 1" >>/etc/drumbeat/drumbeat.yaml; chmod 0600 /etc/drumbeat/drumbeat.yaml')
    await machine.run('echo 1 >/var/lib/drumbeat/data; rm /etc/drumbeat/credentials/ADMIN_TOKEN')
    const script = '/var/lib/dpkg/info/drumbeat.postinst'
    await machine.run(`sh -e ${script} configure ${version}; sh -e ${script} abort-upgrade ${version}`)
    await machine.run(`dpkg --force-confold --install ${newer}`)
    t.equal(await state(), 'install ok installed 99')
    t.match(await machine.run('cat /etc/drumbeat/drumbeat.yaml'), /WORKERS: 1\n?$/)
    t.match(await machine.run('ls /etc/drumbeat'), 'drumbeat.yaml.dpkg-dist')
    t.equal(await machine.run(`stat -c '%a' /etc/drumbeat/drumbeat.yaml`), '600')
    t.equal(await machine.run('ls /etc/drumbeat/credentials'), 'AUTH_JWT_SECRET', 'a secret that was taken away')
    await machine.run(`sh -e ${script} configure`)
    const [token, key] = [before.split('\n'), (await secrets()).split('\n')].map(([first, second]) => [first, second])
    t.equal(token?.[1], key?.[1], 'one that is there is kept')
    t.not(token?.[0], key?.[0], 'a first installation that failed halfway makes what is missing')
  })

  await t.test('removed: settings, secrets and data are still there; purged: nothing but the user', async (t) => {
    await machine.run('dpkg --remove drumbeat')
    t.equal(await state(), 'deinstall ok config-files 99')
    await machine.run('test -e /etc/drumbeat/drumbeat.yaml -a -e /var/lib/drumbeat/data -a ! -e /usr/lib/drumbeat')
    await machine.run(`dpkg --force-confold --install ${deb}`)
    t.match(await machine.run('cat /etc/drumbeat/drumbeat.yaml /var/lib/drumbeat/data'), /WORKERS: 1\n1$/)
    await machine.run('dpkg --purge drumbeat; sh -e /var/lib/dpkg/info/drumbeat.postrm purge 2>/dev/null || true')
    const places = '/etc /usr/bin /usr/lib /usr/share /var/lib'
    t.equal(await machine.run(`find ${places} -xdev -name '*drumbeat*'`), '')
    t.match(await machine.run('getent passwd drumbeat'), /^drumbeat:/, 'its number may own files elsewhere')
  })
})
