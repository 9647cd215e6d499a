import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, readdirSync, readFileSync, readlinkSync, realpathSync, statSync } from 'node:fs'
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import type { Test } from 'tap'
import { parseLog } from '../helpers/server-process.ts'
import { until } from '../helpers/until.ts'

const ROOT = path.resolve(import.meta.dirname, '../..')
const { version } = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as { version: string }
const NAME = `drumbeat-${version}-linux-${process.arch}`

/** Binaries of a package for each Node and C library. */
const LMDB = ['node.abi127.glibc.node', 'node.abi115.glibc.node', 'node.napi.glibc.node', 'node.napi.musl.node']
const SCRIPTS = ['package.mjs', 'package-stage.mjs', 'debian.mjs']
const scriptOf = (name: string) => readFileSync(path.join(ROOT, 'src/setup', name))

function run(command: string, args: readonly string[]) {
  return spawnSync(command, args, { encoding: 'utf8' })
}

/** Packs with a link to this repository's packages, and unpacks; `root` is a folder to install into. */
function unpacked(t: Test): { readonly release: string; readonly root: string } {
  const home = t.testdir({ archive: {}, root: {} })
  const folder = path.join(home, 'archive')
  const args = ['--only', 'tar', '--no-modules', '--out', folder]
  const packed = run(process.execPath, [path.join(ROOT, 'src/setup/package.mjs'), ...args])
  t.equal(packed.status, 0, packed.stderr)
  t.equal(packed.stdout, `${path.join(folder, NAME)}.tar.gz\n`)
  t.equal(run('tar', ['-xzf', packed.stdout.trim(), '-C', folder]).status, 0)
  return { release: path.join(folder, NAME), root: path.join(home, 'root') }
}

/** Runs what the installed command starts, asks it for its settings, and ends it. */
async function serve(t: Test, root: string): Promise<{ readonly exe: string; readonly adminStatus: number }> {
  const command = path.join(root, 'usr/local/bin/drumbeat')
  const env = { PATH: process.env['PATH'] ?? '', HTTP_PORT: '0', WORKERS: '1', LOG_FORMAT: 'json' }
  // The kernel ends it when this process is gone.
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', command, 'start'], {
    env: { ...env, DATA_DIR: path.join(root, 'var/lib/drumbeat') },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  child.stdout.on('data', (data: Buffer) => (output += data.toString()))
  child.stderr.on('data', (data: Buffer) => (output += data.toString()))
  const ended = once(child, 'exit')
  t.teardown(() => void child.kill('SIGKILL'))
  const listening = () => parseLog(output).find(({ msg }) => msg === 'listening')
  t.ok(await until(() => listening() !== undefined || child.exitCode !== null), output)
  const url = String(listening()?.['url'])
  const token = readFileSync(path.join(root, 'etc/drumbeat/credentials/ADMIN_TOKEN'), 'utf8')
  const answer = await fetch(`${url}/api/v1/config`, { headers: { authorization: `Bearer ${token}` } })
  await answer.arrayBuffer()
  const exe = readlinkSync(`/proc/${child.pid}/exe`)
  child.kill('SIGTERM')
  t.strictSame(await ended, [0, null], output)
  return { exe, adminStatus: answer.status }
}

t.test('a release is installed, serves, is upgraded, gone back from, and removed', async (t) => {
  const { release, root } = unpacked(t)
  const at = (...names: string[]) => path.join(root, ...names)
  const install = (folder: string, ...args: string[]) => {
    return run(path.join(folder, 'install.sh'), [...args, '--root', root])
  }
  const current = () => readlinkSync(at('opt/drumbeat/current'))
  const modeOf = (file: string) => (statSync(at(file)).mode & 0o777).toString(8)

  await t.test('installed', async (t) => {
    const { status, stdout, stderr } = install(release)
    t.equal(status, 0, stderr)
    t.match(stdout, `Drumbeat ${version} is installed.`)
    t.match(stdout, 'systemctl enable --now drumbeat')
    t.equal(current(), `releases/${version}`)
    for (const unit of ['drumbeat.service', 'drumbeat@.service']) {
      const text = readFileSync(at('usr/local/lib/systemd/system', unit), 'utf8')
      const [, node = '', main = ''] = /^ExecStart=(\S+) (\S+)$/m.exec(text) ?? []
      t.ok(existsSync(at(node)) && existsSync(at(main)), `${unit}: ${node} ${main}`)
    }
    t.ok(existsSync(at('usr/local/lib/sysctl.d/90-drumbeat.conf')))
    t.equal(modeOf('etc/drumbeat/credentials'), '700')
    t.equal(modeOf('etc/drumbeat/credentials/AUTH_JWT_SECRET'), '600')
    t.equal(modeOf('etc/drumbeat/drumbeat.yaml'), '640')
    t.equal(modeOf('var/lib/drumbeat'), '700')
  })

  await t.test('it serves, with its own Node and the secrets that were made for it', async (t) => {
    const { exe, adminStatus } = await serve(t, root)
    t.equal(exe, realpathSync(at('opt/drumbeat/current/node_modules/.bin/node')))
    t.equal(adminStatus, 200)
    const config = run(at('usr/local/bin/drumbeat'), ['config'])
    t.match(config.stdout, /^ADMIN_TOKEN +\(hidden\) {2}\(credentials\)$/m)
    t.match(config.stdout, /^DATA_DIR +\/var\/lib\/drumbeat {2}\(file\)$/m)
    t.match(config.stdout, `${at('etc/drumbeat/drumbeat.yaml')}  (environment)`)
  })

  const token = readFileSync(at('etc/drumbeat/credentials/ADMIN_TOKEN'), 'utf8')
  t.match(token, /^[0-9a-f]{64}$/)

  await t.test('another version keeps configuration, secrets and data, and says how to go back', async (t) => {
    writeFileSync(at('etc/drumbeat/drumbeat.yaml'), 'HTTP_PORT: 9000\nDATA_DIR: /var/lib/drumbeat\n')
    writeFileSync(path.join(release, 'VERSION'), '99.0.0\n')
    const { status, stdout, stderr } = install(release, 'upgrade')
    t.equal(status, 0, stderr)
    t.equal(current(), 'releases/99.0.0')
    t.match(readFileSync(at('etc/drumbeat/drumbeat.yaml'), 'utf8'), 'HTTP_PORT: 9000')
    t.equal(readFileSync(at('etc/drumbeat/credentials/ADMIN_TOKEN'), 'utf8'), token)
    t.ok(existsSync(at('var/lib/drumbeat/records')), 'the store of the server that ran')
    t.equal((await serve(t, root)).adminStatus, 200)
    const [, back = ''] = /^ {2}(ln -sfn \S+ \S+) && systemctl restart drumbeat$/m.exec(stdout) ?? []
    t.equal(run('sh', ['-c', back]).status, 0, back)
    t.equal(current(), `releases/${version}`)
    t.equal((await serve(t, root)).adminStatus, 200)
  })

  await t.test('the same version again takes its own place', async (t) => {
    writeFileSync(path.join(release, 'config/new.txt'), '')
    t.equal(install(release).status, 0)
    t.equal(current(), 'releases/99.0.0')
    t.ok(existsSync(at('opt/drumbeat/current/config/new.txt')))
    t.strictSame(readdirSync(at('opt/drumbeat/releases')).toSorted(), [version, '99.0.0'])
  })

  await t.test('removed, by what was installed; purged, by the archive', async (t) => {
    t.equal(install(at('opt/drumbeat/current'), 'remove').status, 0)
    t.strictSame(readdirSync(root).toSorted(), ['etc', 'opt', 'usr', 'var'])
    for (const gone of ['opt/drumbeat', 'usr/local/bin/drumbeat', 'usr/local/lib/systemd/system/drumbeat.service']) {
      t.notOk(existsSync(at(gone)), gone)
    }
    t.ok(existsSync(at('etc/drumbeat/drumbeat.yaml')) && existsSync(at('var/lib/drumbeat/records')))
    t.equal(install(release, 'remove', '--purge').status, 0)
    t.notOk(existsSync(at('etc/drumbeat')) || existsSync(at('var/lib/drumbeat')))
  })
})

t.test('what cannot be installed is said, and changes nothing', async (t) => {
  const { release, root } = unpacked(t)
  const cases: readonly [readonly string[], number, RegExp][] = [
    [['instal'], 64, /instal is unknown: see install.sh --help/],
    [['--purge', '--root', root], 64, /--purge goes with remove/],
    [['--root'], 64, /--root takes a folder/],
    [['--root', '/'], 64, /other than \//],
  ]
  for (const [args, code, reason] of cases) {
    t.match(run(path.join(release, 'install.sh'), args), { status: code, stderr: reason }, args.join(' '))
  }
  for (const bad of ['../../x', '', 'a b', '.hidden']) {
    writeFileSync(path.join(release, 'VERSION'), bad)
    const refused = run(path.join(release, 'install.sh'), ['--root', root])
    t.match(refused, { status: 65, stderr: /VERSION does not hold a version/ }, JSON.stringify(bad))
  }
  t.strictSame(readdirSync(root), [])
})

t.test('a package holds what a server on this machine needs, and no more', async (t) => {
  const node = `node-linux-${process.arch}`
  const built = (platform: string, abi: number) => `uws_${platform}_${process.arch}_${abi}.node`
  const files = (...names: string[]) => Object.fromEntries(names.map((name) => [name, name]))
  const lock = {
    '': { name: 'drumbeat' },
    'node_modules/a': {},
    'node_modules/a/node_modules/b': {},
    'node_modules/a/node_modules/dev': { dev: true },
    'node_modules/tool': { dev: true },
    'node_modules/for-another': { optional: true },
    'node_modules/@lmdb/lmdb-x': {},
    'node_modules/uWebSockets.js': {},
    [`node_modules/${node}`]: { optional: true },
  }
  const root = t.testdir({
    src: { setup: { ...Object.fromEntries(SCRIPTS.map((name) => [name, scriptOf(name)])), 'install.sh': '' } },
    config: {},
    systemd: {},
    LICENSE: '',
    'README.md': '',
    'CHANGELOG.md': '',
    'SECURITY.md': '',
    docs: {},
    'package.json': '{"version":"1.2.3"}',
    'package-lock.json': JSON.stringify({ packages: lock }),
    node_modules: {
      a: {
        ...files('index.js', '.npmignore'),
        test: files('a.js'),
        lib: { test: files('b.js') },
        node_modules: { b: files('b.js'), dev: files('dev.js') },
      },
      tool: files('tool.js'),
      '@lmdb': { 'lmdb-x': files(...LMDB, 'index.js') },
      'uWebSockets.js': files(built('linux', 127), built('linux', 115), built('darwin', 127), 'uws.js'),
      [node]: { bin: { node: '#!/bin/sh\necho 127\n' }, include: files('node.h'), share: files('node.1') },
    },
  })
  chmodSync(path.join(root, `node_modules/${node}/bin/node`), 0o755)
  const pack = () => {
    const args = ['--only', 'tar', '--out', path.join(root, 'out')]
    return run(process.execPath, [path.join(root, 'src/setup/package.mjs'), ...args])
  }
  const { status, stdout, stderr } = pack()
  t.equal(status, 0, stderr)
  const first = readFileSync(stdout.trim())
  const listed = run('tar', ['-tzf', stdout.trim()]).stdout.split('\n')
  const modules = listed.flatMap((line) => (/node_modules\/.*[^/]$/.test(line) ? [line.replace(/^[^/]+\//, '')] : []))
  t.strictSame(
    modules.toSorted(),
    [
      'node_modules/.bin/node',
      'node_modules/@lmdb/lmdb-x/index.js',
      'node_modules/@lmdb/lmdb-x/node.abi127.glibc.node',
      'node_modules/@lmdb/lmdb-x/node.napi.glibc.node',
      'node_modules/a/index.js',
      'node_modules/a/lib/test/b.js',
      'node_modules/a/node_modules/b/b.js',
      `node_modules/${node}/bin/node`,
      `node_modules/uWebSockets.js/${built('linux', 127)}`,
      'node_modules/uWebSockets.js/uws.js',
    ].toSorted(),
  )
  t.ok(readFileSync(pack().stdout.trim()).equals(first), 'the same sources give the same archive')

  t.match(run(process.execPath, [path.join(root, 'src/setup/package.mjs'), '--only', 'rpm']), {
    status: 1,
    stderr: '--only must be tar or deb; it is rpm',
  })
  writeFileSync(
    path.join(root, 'package-lock.json'),
    JSON.stringify({ packages: { ...lock, 'node_modules/needed': {} } }),
  )
  t.match(pack(), { status: 1, stderr: 'drumbeat: node_modules/needed is not installed: run npm ci\n' })
})
