import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import type { Test } from 'tap'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import { NO_CHROMIUM, openChromium } from '../helpers/chromium.ts'
import { openConsole, shows } from '../helpers/console.ts'
import { linkInto, packForNpm, startByNpx, SYSTEM_PATH } from '../helpers/npm-package.ts'

const ROOT = path.resolve(import.meta.dirname, '../..')
const ADMIN_TOKEN = 'the-admin-token-of-the-tests'
const { HOME = '' } = process.env
/** Today 930 files of 2.7 MB, without the documentation. If you need more, look first whether all of it belongs there. */
const FILES_MAX = 1_100
const BYTES_MAX = 4_000_000

/** Nodes to try it with: the one that runs this test, and an older one where the machine has such a one. */
function findNodes(): readonly string[] {
  const found = spawnSync('sh', ['-c', 'command -v node'], { encoding: 'utf8', env: { PATH: SYSTEM_PATH } })
  return [...new Set([process.execPath, found.stdout.trim()])].filter((node) => node !== '')
}

t.test('the package of npm', async (t) => {
  const folder = t.testdir({ project: {} })
  const packed = packForNpm(t, folder)
  const files = packed.files.map((file) => file.path)
  const project = path.join(folder, 'project')
  linkInto(t, project, packed.archive)

  await t.test('holds what runs, and no sources, tests or archives', async (t) => {
    for (const file of [
      'bin/drumbeat.mjs',
      'dist/cli.js',
      'dist/main.js',
      'dist/client/index.js',
      'dist/client/index.d.ts',
      'dist/games/testing/index.js',
      'dist/games/testing/index.d.ts',
      'starter/game.ts',
      'starter/page/page.js',
      'docs/README.md',
      'dist/docs/index.html',
      'dist/docs/start/quickstart.html',
    ]) {
      t.ok(files.includes(file), file)
    }
    for (const file of ['config/goods.yaml', 'dist/console/index.html', 'dist/ledger/plan-thread.js', 'LICENSE']) {
      t.ok(files.includes(file), file)
    }
    t.strictSame(
      files.filter((file) =>
        /^(src|test|bench)\/|^docs\/.*(?<!\.md)$|\.tar\.gz$|^dist\/new-|^(?!starter\/).*(?<!\.d)\.ts$/.test(file),
      ),
      [],
    )
    const vectors = readdirSync(path.join(ROOT, 'src/conformance/vectors'))
    for (const name of vectors) t.ok(files.includes(`dist/conformance/vectors/${name}`), name)
    for (const folder of ['console', 'play', 'play/arena', 'play/tictactoe', 'samples']) {
      const own = readdirSync(path.join(ROOT, 'src', folder)).filter((name) => /\.(?:ts|html|css|svg)$/.test(name))
      t.strictSame(
        files.filter((file) => path.dirname(file) === `dist/${folder}`).sort(),
        own.map((name) => `dist/${folder}/${name.replace(/\.ts$/, '.js')}`).sort(),
      )
    }
  })

  await t.test('is no larger than it has to be, and holds nothing of this machine', async (t) => {
    const code = packed.files.filter((file) => !/^(dist\/)?docs\//.test(file.path))
    t.ok(code.length <= FILES_MAX, `${code.length} files`)
    const bytes = code.reduce((sum, { size }) => sum + size, 0)
    t.ok(bytes <= BYTES_MAX, `${bytes} bytes`)
    const secret =
      /(^|\/)(\.|data\/|dev-(?:jwt-secret|admin-token)$|node_modules\/)|\.(pem|key|env|log|map|tsbuildinfo)$/
    t.strictSame(
      files.filter((file) => secret.test(file)),
      [],
    )
    const held = spawnSync('grep', ['-rl', ROOT, path.join(project, 'node_modules/drumbeat')], { encoding: 'utf8' })
    t.equal(held.stdout, '', 'the place where it was built stands in no file')
  })

  await t.test('publint finds nothing wrong with it', async (t) => {
    const { messages, pkg } = await publint({
      pkgDir: path.join(project, 'node_modules/drumbeat'),
      pack: false,
      strict: true,
    })
    t.strictSame(
      messages.map((message) => formatMessage(message, pkg)),
      [],
    )
  })

  for (const node of findNodes()) {
    const version = spawnSync(node, ['--version'], { encoding: 'utf8' }).stdout.trim()
    await t.test(`serves in an empty folder, with Node ${version}`, (t) => serves(t, project, node))
  }
})

/** The console with its client library, a sample, and the page that `new` made, as the package has them. */
async function plays(t: Test, url: string): Promise<void> {
  const { page, wrong } = await openConsole(t, await openChromium(t), { url })
  await shows(page, '#metric-connections', /\d/)
  await page.click('#tab-playground')
  await page.click('#connect-guest')
  await shows(page, '#status', /^Connected as guest-/)
  await page.goto(`${url}/play/arena/`)
  await page.click('#play')
  await shows(page, '#scores', /Player 1 \(you\)/)
  await page.goto(`${url}/docs/`)
  await page.fill('#query', 'idempotency key')
  await shows(page, '#found-list', /Idempotency keys/)
  await page.goto(`${url}/play/pong/`)
  await shows(page, '#status', /^You are Player \d/)
  t.strictSame(wrong, [])
}

/** `npx drumbeat start` in a folder below the project. */
async function serves(t: Test, project: string, node: string): Promise<void> {
  const folder = path.join(project, path.basename(path.dirname(path.dirname(node))))
  mkdirSync(folder)
  const env = { HOME, PATH: `${path.dirname(node)}:${SYSTEM_PATH}`, LOG_FORMAT: 'json', ADMIN_TOKEN }
  const command = (...args: string[]) => {
    return spawnSync('npx', ['drumbeat', ...args], { cwd: folder, encoding: 'utf8', env })
  }
  t.match(command('--version'), { status: 0, stdout: /^\d+\.\d+\.\d+\n$/ })
  t.match(command('help'), { status: 0, stdout: /drumbeat start/ })
  t.match(command('token', 'alice'), { status: 78, stderr: /no server has made a secret/ })
  t.match(command('new', 'pong'), { status: 0 })
  t.match(command('test', 'pong'), { status: 0, stdout: /pass 4\n.*fail 0/ })

  const games = ['./pong/game.ts', '../node_modules/drumbeat/dist/samples'].flatMap((place) => ['--games', place])
  const { url, stop } = await startByNpx(t, folder, [...games, '--workers', '2'], env)

  t.equal((await fetch(`${url}/ready`)).status, 200)
  t.match(await (await fetch(`${url}/`)).text(), /<html/, 'the console')
  for (const file of ['console/console.js', 'console/uplot.js', 'client/index.js', 'protocol/events.js']) {
    t.equal((await fetch(`${url}/${file}`)).status, 200, file)
  }
  if (NO_CHROMIUM === false) await plays(t, url)
  t.match(command('token', 'alice'), { status: 0, stdout: /^\S+\.\S+\.\S+\n$/ })
  // A game of one's own, whose page the server has.
  t.match(await (await fetch(`${url}/play/pong/`)).text(), /<title>pong<\/title>/)
  t.match(await (await fetch(`${url}/play/pong/page.js`)).text(), "client.play('pong'")
  // Purchases are planned on a thread of its own, and load is made by one.
  t.match(command('conformance', url, '--only', '^(purchase|vectors)'), { status: 0, stdout: / 0 failed/ })
  t.match(command('load', '--url', url, '--connections', '2', '--rate', '10', '--seconds', '1'), { status: 0 })

  t.match(await stop(), '"msg":"stopped: everything is answered and on disk"')
}
