/** Configurations and machines that will not do, as whole processes: how they end, what they say, and no port opened. */
import { cpSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { join, resolve } from 'node:path'
import { open } from 'lmdb'
import t from 'tap'
import { ServerProcess, type ServerEnv } from '../helpers/server-process.ts'
import { startServer } from '../helpers/server.ts'
import { FILES, freePort, manyMistakesIn, mistakesIn, startRefused } from './configuration.ts'
import { stayedUp } from './support.ts'

const ROOT = resolve(import.meta.dirname, '../..')
/** What is slow here is the machine: PROOFS wants 2 s of it, which test/prove/configuration.proof.ts asks for. */
const END_MS_MAX = 15_000
const folder = t.testdir(FILES)
const at = (name: string) => join(folder, name)

const start = (env: ServerEnv, script?: string) => startRefused(folder, env, script)

t.test('each mistake ends with 78 and one line that names it', async (t) => {
  for (const [env, line] of mistakesIn(folder)) {
    const { code, lines, tookMs, portOpened } = await start(env)
    t.equal(code, 78, Object.entries(env).join(' '))
    t.equal(lines.length, 1, lines.join(' | '))
    t.match(lines[0], line)
    t.ok(tookMs < END_MS_MAX, `${Math.round(tookMs)} ms`)
    t.notOk(portOpened, 'nobody could connect')
    t.notMatch(lines.join(), 'far-too-short', 'a secret is not shown')
  }
})

t.test('all mistakes are said at once, a line each', async (t) => {
  const { env, named } = manyMistakesIn(folder)
  const { code, lines, portOpened } = await start(env)
  t.equal(code, 78)
  t.notOk(portOpened)
  for (const one of named) t.equal(lines.filter((line) => one.test(line)).length, 1, String(one))
  t.ok(lines.length >= named.length && lines.length <= named.length + 2, lines.join('\n'))
})

t.test('a data folder that cannot be made ends with 77', async (t) => {
  for (const place of ['/proc/drumbeat/data', at('file/below'), at('file')]) {
    const { code, lines, tookMs, portOpened } = await start({ DATA_DIR: place })
    t.match({ code, lines, portOpened }, { code: 77, lines: [/^DATA_DIR cannot be used: /], portOpened: false }, place)
    t.equal(lines.length, 1)
    t.ok(tookMs < END_MS_MAX, `${Math.round(tookMs)} ms`)
  }
})

t.test('what a live instance has ends with 75, and the live one goes on', async (t) => {
  const live = await startServer(t)
  const folderTaken = await start({ DATA_DIR: live.dataDir })
  t.match(folderTaken, { code: 75, lines: [`DATA_DIR ${live.dataDir} is in use by a live instance (pid ${live.pid})`] })
  t.notOk(folderTaken.portOpened)

  const HTTP_PORT = String(live.port)
  const portTaken = await start({ HTTP_PORT, DATA_DIR: at('another') })
  t.match(portTaken, { code: 75, lines: [`HTTP_PORT ${HTTP_PORT} on 127.0.0.1 is in use`] }, 'another Drumbeat')
  const everywhere = await start({ HTTP_PORT, HTTP_HOST: '0.0.0.0', DATA_DIR: at('another') })
  t.match(everywhere, { code: 75, lines: [`HTTP_PORT ${HTTP_PORT} on 0.0.0.0 is in use`] }, 'on every address')
  for (const { tookMs } of [folderTaken, portTaken, everywhere]) t.ok(tookMs < END_MS_MAX, `${Math.round(tookMs)} ms`)

  const other = createServer().listen(0, '127.0.0.1')
  t.teardown(() => void other.close())
  await once(other, 'listening')
  const { port } = other.address() as AddressInfo
  const refused = await start({ HTTP_PORT: String(port), DATA_DIR: at('another') })
  t.match(refused, { code: 75, lines: [`HTTP_PORT ${port} on 127.0.0.1 is in use`] }, 'another program')
  await stayedUp(t, live)
})

t.test('of two that start at the same moment for one port, one ends with 75', async (t) => {
  const HTTP_PORT = String(await freePort())
  const both = ['twin-1', 'twin-2'].map(
    (name) => new ServerProcess({ DATA_DIR: at(name), WORKERS: '1', HTTP_PORT, LOG_FORMAT: 'json' }),
  )
  const started = await Promise.allSettled(both.map((server) => server.logLine('listening', 10_000)))
  for (const server of both) server.signal('SIGTERM')
  const codes = await Promise.all(both.map(async ({ ended }) => (await ended).code))
  t.equal(started.filter(({ status }) => status === 'fulfilled').length, 1)
  t.strictSame(new Set(codes), new Set([0, 75]))
})

t.test('data of a newer version ends with 78 and is left alone', async (t) => {
  const dataDir = at('newer')
  const path = join(dataDir, 'records')
  mkdirSync(path, { recursive: true })
  const written = open({ path, noSubdir: false })
  await written.put('schema', 99)
  await written.close()
  const { code, lines, tookMs } = await start({ DATA_DIR: dataDir })
  t.match({ code, lines }, { code: 78, lines: [/the data in .*newer.*schema 99/] })
  t.equal(lines.length, 1)
  t.ok(tookMs < END_MS_MAX, `${Math.round(tookMs)} ms`)
  const read = open({ path, noSubdir: false, readOnly: true })
  t.equal(read.get('schema'), 99)
  await read.close()
})

t.test('a goods file that is no goods file ends with 78 and the place', async (t) => {
  const broken = await start({ GOODS_FILE: at('goods.json'), DATA_DIR: at('goods-1') })
  t.match(broken, { code: 78, lines: [/^GOODS_FILE .*goods\.json.* cannot be understood/] })
  const wrong = await start({ GOODS_FILE: at('goods.yaml'), DATA_DIR: at('goods-2') })
  t.match(wrong, { code: 78, lines: [/^GOODS_FILE .*goods\.yaml: goods\[0\]\.price: must be an integer/] })
  for (const { lines, tookMs } of [broken, wrong]) {
    t.equal(lines.length, 1)
    t.ok(tookMs < END_MS_MAX, `${Math.round(tookMs)} ms`)
  }
})

t.test('a uWebSockets.js binary that does not load ends with 78 and what to install', async (t) => {
  const { code, lines, tookMs, portOpened } = await start({}, treeWithBrokenUws(at('tree')))
  t.match({ code, lines }, { code: 78, lines: [/^The uWebSockets\.js binary does not load: .*`npm ci`.*glibc 2\.27/] })
  t.equal(lines.length, 1, lines.join(' | '))
  t.ok(tookMs < END_MS_MAX, `${Math.round(tookMs)} ms`)
  t.notOk(portOpened)
})

/** This program with its packages, but for one whose binaries are no binaries. Gives its main file. */
function treeWithBrokenUws(tree: string): string {
  const packages = join(tree, 'node_modules')
  mkdirSync(packages, { recursive: true })
  cpSync(join(ROOT, 'src'), join(tree, 'src'), { recursive: true })
  cpSync(join(ROOT, 'config'), join(tree, 'config'), { recursive: true })
  writeFileSync(join(tree, 'package.json'), '{"type":"module"}')
  for (const name of readdirSync(join(ROOT, 'node_modules'))) {
    if (name !== 'uWebSockets.js') symlinkSync(join(ROOT, 'node_modules', name), join(packages, name))
  }
  const isBinary = (file: string) => file.endsWith('.node')
  const uws = join(ROOT, 'node_modules/uWebSockets.js')
  cpSync(uws, join(packages, 'uWebSockets.js'), { recursive: true, filter: (file) => !isBinary(file) })
  for (const file of readdirSync(uws, { recursive: true, encoding: 'utf8' }).filter(isBinary)) {
    writeFileSync(join(packages, 'uWebSockets.js', file), 'a binary of another world')
  }
  return join(tree, 'src/main.ts')
}
