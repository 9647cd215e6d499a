/** The package as npm installs it, with the packages that it needs: in a folder of its own, from the registry. */
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { createInterface } from 'node:readline'
import t from 'tap'
import { folderOutside, packForNpm, startByNpx, SYSTEM_PATH } from '../helpers/npm-package.ts'
import { until } from '../helpers/until.ts'
import { blocksOf, readPage } from '../docs/markdown.ts'

const { HOME = '' } = process.env
const ENV = { HOME, PATH: SYSTEM_PATH }
const NO_REGISTRY = /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH/
const [FIRST_CLIENT] = blocksOf(readPage('README.md')).filter(({ language }) => language === 'js')

t.test('installed by npm into an empty folder', async (t) => {
  const home = folderOutside(t)
  const { archive } = packForNpm(t, home)
  const project = path.join(home, 'project')
  mkdirSync(project)
  const run = (command: string, args: readonly string[], cwd = project) =>
    spawnSync(command, args, { cwd, env: ENV, encoding: 'utf8' })
  const drumbeat = (args: readonly string[], cwd = project) => run('npx', ['drumbeat', ...args], cwd)

  const installed = run('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', archive])
  if (installed.status !== 0 && NO_REGISTRY.test(installed.stderr)) {
    await t.test('all that is in here', { skip: 'the registry of npm cannot be reached' }, async () => {})
    return
  }
  t.equal(installed.status, 0, installed.stderr)

  await t.test('it serves with its data there, and the first client of the README talks to it', async (t) => {
    const server = await startByNpx(t, project, ['--workers', '1'], ENV)
    t.equal((await fetch(`${server.url}/ready`)).status, 200)
    t.equal(statSync(path.join(project, 'data')).mode & 0o777, 0o700)
    const token = drumbeat(['token', 'alice'])
    t.equal(token.status, 0, token.stderr)
    writeFileSync(path.join(project, 'chat.mjs'), FIRST_CLIENT?.code ?? '')
    const env = { ...ENV, SERVER: server.url, TOKEN: token.stdout.trim() }
    // The Node that came with the package: the machine's may be one without WebSockets.
    const chat = spawn('node_modules/.bin/node', ['chat.mjs'], { cwd: project, env })
    t.teardown(() => chat.kill('SIGKILL'))
    const lines: string[] = []
    for (const stream of [chat.stdout, chat.stderr]) createInterface(stream).on('line', (line) => lines.push(line))
    await until(
      () => lines.includes('alice to me a note to all my devices'),
      () => lines.join('\n'),
    )
    t.match(await server.stop(), '"msg":"stopped: everything is answered and on disk"')
  })

  for (const [what, manifest] of [
    ['says nothing of modules', undefined],
    ['says commonjs', { type: 'commonjs' }],
    ['says module', { type: 'module' }],
  ] as const) {
    await t.test(`"new" makes a game that passes its tests and is played, if package.json ${what}`, async (t) => {
      const name = `of-${manifest?.type ?? 'none'}`
      const file = path.join(project, 'package.json')
      const before = readFileSync(file, 'utf8')
      t.equal((JSON.parse(before) as { type?: unknown }).type, undefined, 'npm says nothing')
      writeFileSync(file, JSON.stringify({ ...(JSON.parse(before) as object), ...manifest }))
      t.teardown(() => writeFileSync(file, before))
      t.match(drumbeat(['new', name]), { status: 0 })
      t.equal(existsSync(path.join(project, name, 'package.json')), manifest?.type !== 'module')
      const tested = drumbeat(['test', name])
      t.equal(tested.status, 0, tested.stdout)
      t.notMatch(tested.stdout + tested.stderr, /warning/i)
      const game = path.join(project, name, 'game.ts')
      const server = await startByNpx(t, project, ['--workers', '1', '--games', game], ENV)
      t.match(await (await fetch(`${server.url}/play/${name}/`)).text(), `<title>${name}</title>`)
      await server.stop()
    })
  }
})
