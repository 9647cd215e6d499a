/** Projects of users, with what they are made of: compilers of two generations, esbuild and Vite, a page and a worker in a browser. */
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import t, { type Test } from 'tap'
import { NO_CHROMIUM, openChromium } from '../helpers/chromium.ts'
import { folderOutside, linkInto, packForNpm } from '../helpers/npm-package.ts'
import { startServer } from '../helpers/server.ts'
import { until } from '../helpers/until.ts'

const MODULES = path.resolve(import.meta.dirname, '../../node_modules')
/** As src/setup/ensure-user-tools.mjs installs them. */
const TOOLS = path.join(MODULES, '.cache/drumbeat/user-tools/node_modules')
const NO_TOOLS =
  !existsSync(path.join(TOOLS, 'vite')) && 'Vite and TypeScript 5 are not installed: npm run test:all does it'
const PROJECT = folderOutside(t)
const { archive } = packForNpm(t, PROJECT)
linkInto(t, PROJECT, archive)

const put = (name: string, text: string) => writeFileSync(path.join(PROJECT, name), text)

const CLIENT = `
import { connect, EVENT, DrumbeatError, type BroadcastOf, type EventMap, type GameClient } from 'drumbeat/client'
import { connect as connectToPlay, type PlayClient } from 'drumbeat/play'
interface MyEvents extends EventMap { readonly 'core.game.state.broadcast': BroadcastOf<{ readonly x: number }> }
export async function main(): Promise<void> {
  const game: GameClient<MyEvents> = await connect<MyEvents>({ url: 'http://127.0.0.1:1', namespace: 'public' })
  game.on(EVENT.broadcast, ({ payload }) => { const x: number = payload.message.x; void x })
  const player: PlayClient = await connectToPlay({ url: 'http://127.0.0.1:1', namespace: 'public' })
  player.close()
  try { await game.broadcast({ x: 1 }, { room: 'lobby' }) }
  catch (error) { if (error instanceof DrumbeatError) throw new Error(error.code, { cause: error }) }
}`
const GAME = `
import { defineGame, refuse, t } from 'drumbeat/game'
import { simulate } from 'drumbeat/game/testing'
export const race = defineGame({
  name: 'race', version: 1, hz: 0,
  seats: { min: 1, max: 8 },
  state: t.object({ x: t.map(t.uint8()) }),
  inputs: { step: { type: t.object({ by: t.uint8() }), perSecond: 20 } },
  refusals: { TOO_FAR: 'a step is at most 3' },
  create: () => ({ x: {} }),
  on: { step(state, seat, { by }) { if (by > 3) refuse('TOO_FAR'); state.x[seat.id] = by } },
})
export const room = simulate(race, { seed: 1 })`
/** A script that Node takes as CommonJS gets at modules by \`import()\`. */
const COMMONJS = `
import type { GameClient } from 'drumbeat/client' with { 'resolution-mode': 'import' }
export async function main(): Promise<GameClient> {
  const { connect } = await import('drumbeat/client')
  return connect({ url: 'http://127.0.0.1:1', namespace: 'public' })
}`
const WRONG = `
import { connect } from 'drumbeat/client'
import { defineGame } from 'drumbeat/game'
const text: string = connect
defineGame({ name: 7 })
export { text }`

const STRICT = {
  strict: true,
  noEmit: true,
  skipLibCheck: false,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  target: 'es2022',
}
const BROWSER = { lib: ['es2022', 'dom', 'dom.iterable'], types: [] }

/** What a compiler says to these files. */
function compile(compiler: string, files: readonly string[], options: object): string {
  put('tsconfig.json', JSON.stringify({ compilerOptions: { ...STRICT, ...BROWSER, ...options }, files }))
  return spawnSync(process.execPath, [compiler, '-p', PROJECT], { encoding: 'utf8' }).stdout
}

for (const [generation, folder] of [
  ['of this repository', MODULES],
  ['of the generation before', TOOLS],
] as const) {
  const compiler = path.join(folder, 'typescript/lib/tsc.js')
  const skip = !existsSync(compiler) && 'that TypeScript is not installed: npm run test:all does it'
  t.test(`strict TypeScript ${generation} takes the types`, { skip }, async (t) => {
    put('package.json', '{ "type": "module" }')
    put('client.ts', CLIENT)
    put('game.ts', GAME)
    put('commonjs.cts', COMMONJS)
    put('wrong.ts', WRONG)
    const files = ['client.ts', 'game.ts', 'commonjs.cts']
    for (const options of [
      { module: 'node16', moduleResolution: 'node16' },
      { module: 'nodenext', moduleResolution: 'nodenext' },
      { module: 'nodenext', lib: ['es2022', 'webworker'] },
      { module: 'nodenext', lib: ['es2022'], types: ['node'] },
    ])
      t.equal(compile(compiler, files, options), '', JSON.stringify(options))
    for (const module of ['esnext', 'preserve']) {
      const options = { module, moduleResolution: 'bundler' }
      t.equal(compile(compiler, files.slice(0, 2), options), '', JSON.stringify(options))
      const said = compile(compiler, ['wrong.ts'], options)
      t.match(said, /wrong\.ts\(4,7\): error TS2322/, 'they are types, and not any')
      t.match(said, /wrong\.ts\(5,\d+\): error/)
    }
  })
}

t.test('Are the Types Wrong finds nothing, for importers of modules', { skip: NO_TOOLS }, async (t) => {
  const core = pathToFileURL(path.join(TOOLS, '@arethetypeswrong/core/dist/index.js')).href
  const { checkPackage, createPackageFromTarballData } = (await import(core)) as {
    readonly createPackageFromTarballData: (data: Uint8Array) => unknown
    readonly checkPackage: (of: unknown) => Promise<{
      readonly entrypoints: object
      readonly problems: readonly { readonly kind: string; readonly resolutionKind?: string }[]
    }>
  }
  const { problems, entrypoints } = await checkPackage(createPackageFromTarballData(readFileSync(archive)))
  t.strictSame(Object.keys(entrypoints), ['./client', './play', './game', './game/testing', './package.json'])
  // As the profile "esm-only": what TypeScript 7 cannot be told any more, and require() of a module, which Node 22 does.
  const others = new Set(['node10', 'node16-cjs'])
  t.strictSame(
    problems.filter(({ resolutionKind }) => resolutionKind === undefined || !others.has(resolutionKind)),
    [],
  )
})

/** Says what it hears in the room, and tells it. \`tell\` takes what it heard. */
const talk = (name: string, encoding: string) => `
import { connect, EVENT } from 'drumbeat/client'
export async function talk(url: string, token: string, tell: (heard: string) => void): Promise<void> {
  const game = await connect({ url, namespace: 'private', token, encoding: '${encoding}' })
  game.on(EVENT.broadcast, ({ payload }) => tell('${name} heard ' + JSON.stringify(payload.message)))
  await game.join('lobby')
  await game.broadcast('${name}', { room: 'lobby' })
}`
const PAGE = `
import { talk } from './page-talk.ts'
const query = new URLSearchParams(location.search)
const [server, token] = [query.get('server') ?? '', query.get('token') ?? '']
const show = (heard: string) => document.body.append(heard + ';')
const worker = new Worker(new URL('WORKER', import.meta.url), { type: 'module' })
worker.addEventListener('message', ({ data }) => show(data as string))
worker.postMessage([server, token])
await talk(server, token, show)`
const WORKER = `
import { talk } from './worker-talk.ts'
addEventListener('message', ({ data: [server, token] }) => talk(server, token, (heard) => postMessage(heard)))`

function putPage(worker: string, page: string): void {
  put('package.json', '{ "type": "module" }')
  put('page-talk.ts', talk('page', 'json'))
  // msgpack is a part that is loaded where it is chosen: a chunk of its own.
  put('worker-talk.ts', talk('worker', 'msgpack'))
  put('page.ts', PAGE.replace('WORKER', worker))
  put('worker.ts', WORKER)
  put('index.html', `<!doctype html><body><script type="module" src="${page}"></script></body>`)
}

const TYPES: Readonly<Record<string, string>> = { '.html': 'text/html', '.js': 'text/javascript' }

/** Serves the folder, and looks that the page and its worker hear themselves and each other. */
async function talks(t: Test, folder: string): Promise<void> {
  const files = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://x')
    const file = path.join(folder, pathname === '/' ? 'index.html' : pathname)
    if (!existsSync(file)) return void response.writeHead(404).end()
    response.setHeader('content-type', TYPES[path.extname(file)] ?? 'application/octet-stream')
    return void response.end(readFileSync(file))
  }).listen(0, '127.0.0.1')
  t.teardown(() => files.close())
  await once(files, 'listening')
  const origin = `http://127.0.0.1:${(files.address() as AddressInfo).port}`
  const server = await startServer(t, { WORKERS: '1', ALLOWED_ORIGINS: origin })
  const page = await (await openChromium(t)).newPage()
  const wrong: string[] = []
  page.on('pageerror', ({ message }) => wrong.push(message))
  const query = new URLSearchParams({ server: server.url, token: server.mint('alice') })
  await page.goto(`${origin}/?${query.toString()}`)
  const text = () => page.evaluate<string>('document.body.textContent')
  const last = ['page heard "page"', 'worker heard "worker"']
  await until(
    async () => {
      const shown = await text()
      return last.every((line) => shown.includes(line)) && /page heard "worker"|worker heard "page"/.test(shown)
    },
    () => wrong.join('\n'),
  )
  t.strictSame(wrong, [])
  await page.close()
}

t.test('bundled by esbuild, a page and its worker play', { skip: NO_CHROMIUM }, async (t) => {
  putPage('./worker.js', './page.js')
  const outdir = path.join(PROJECT, 'by-esbuild')
  await build({
    absWorkingDir: PROJECT,
    entryPoints: ['page.ts', 'worker.ts'],
    bundle: true,
    splitting: true,
    format: 'esm',
    outdir,
    logLevel: 'silent',
  })
  writeFileSync(path.join(outdir, 'index.html'), readFileSync(path.join(PROJECT, 'index.html')))
  await talks(t, outdir)
})

t.test('built by Vite, a page and its worker play', { skip: NO_CHROMIUM || NO_TOOLS }, async (t) => {
  putPage('./worker.ts', '/page.ts')
  const outdir = path.join(PROJECT, 'by-vite')
  const vite = [path.join(TOOLS, 'vite/bin/vite.js'), 'build', '--outDir', outdir, '--logLevel', 'warn']
  const built = spawnSync(process.execPath, vite, { cwd: PROJECT, encoding: 'utf8' })
  t.equal(built.status, 0, built.stderr)
  t.equal(built.stdout + built.stderr, '', 'no warning')
  await talks(t, outdir)
})
