/** The pages of the samples, as browsers ask for them: the real routes, without a server. */
import { readdirSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { loadConfig, type Environment } from '../../src/config/load.ts'
import { hasSamplePages, PLAY_PATH, SAMPLES } from '../../src/config/samples.ts'
import { loadModules } from './modules.ts'
import { openPages, PREFIX } from './open-pages.ts'

const SRC = path.resolve(import.meta.dirname, '../../src')
const PAGES = ['/play/', '/play/arena/', '/play/tictactoe/']
const ENTRIES = ['/play/arena/arena.js', '/play/tictactoe/tictactoe.js']
const REFERENCE = /\b(?:href|src)="([^"#]+)"/g

const open = ({ hasSamples = true, apiPathPrefix = PREFIX } = {}) =>
  openPages({ root: SRC, apiPathPrefix, hasSamples, gamePages: [] })

const get = open()

async function fetched(path: string) {
  const { status, headers, body } = await get(path)
  return { status, type: headers['content-type'] ?? '', text: String(body) }
}

t.test('all that the pages name is there, and all that is there is used', async (t) => {
  const named = new Set<string>()
  for (const page of PAGES) {
    const { status, type, text } = await fetched(page)
    t.equal(status, 200, page)
    t.equal(type, 'text/html; charset=utf-8')
    for (const [, reference = ''] of text.matchAll(REFERENCE)) {
      const { pathname } = new URL(reference, `http://server${page}`)
      t.equal((await get(pathname)).status, 200, `${pathname} of ${page}`)
      named.add(pathname)
    }
  }
  for (const entry of ENTRIES) {
    t.ok(named.has(entry), entry)
    const { code, bare, missing } = await loadModules(entry, fetched)
    t.strictSame(missing, [])
    t.strictSame(bare, ['msgpackr'], 'what a page of this server does not have: it speaks JSON')
    for (const module of code.keys()) named.add(module)
    for (const text of code.values()) t.notMatch(text, /\.ts'|\bimport type\b|\binterface\b [A-Z]/)
  }
  t.ok(named.has('/client/game-room.js') && named.has('/samples/arena.js'))
  t.notOk(named.has('/samples/tictactoe.js'), 'of which its page has the types alone')
  const files = PAGES.flatMap((page) =>
    readdirSync(SRC + page)
      .filter((name) => /\.(?:ts|css|svg)$/.test(name))
      .map((name) => page + name.replace('.ts', '.js')),
  )
  t.strictSame(
    files.filter((file) => !named.has(file)),
    [],
  )
})

t.test('they are given as the console is: the same headers, and not again under their ETag', async (t) => {
  const { etag: _tag, ...ofConsole } = (await get('/')).headers
  for (const path of [...PAGES, ...ENTRIES, '/play/play.css', '/samples/arena.js']) {
    const { headers } = await get(path)
    const { etag = '', ...others } = headers
    t.strictSame({ ...others, 'content-type': '' }, { ...ofConsole, 'content-type': '' }, path)
    const known = await get(path, { 'if-none-match': etag })
    t.match(known, { status: 304, body: '' }, path)
  }
  for (const page of PAGES) {
    t.notMatch((await fetched(page)).text, /<style|style=|<script(?! type="module" src=)|\bon[a-z]+=/, 'nothing inline')
  }
})

t.test('without its slash a page is a redirect that is right below a path, too', async (t) => {
  for (const page of PAGES) {
    const { status, headers, body } = await get(page.slice(0, -1))
    t.match({ status, body }, { status: 308, body: '' })
    t.equal(headers['x-content-type-options'], 'nosniff')
    const seen = new URL(headers['location'] ?? '', `https://proxy.example/ops${page.slice(0, -1)}`)
    t.equal(seen.pathname, `/ops${page}`)
  }
  t.equal((await get('/play/none')).status, 404)
  t.equal((await get('/play/arena/none.js')).status, 404)
  t.equal((await get('/play/arena/..%2Farena')).status, 404)
  t.equal((await get('/play/arena/tsconfig.json')).status, 404)
  t.equal((await get('/samples/..%2Fmain.js')).status, 404)
})

t.test('the pages know where the sockets are', async (t) => {
  const elsewhere = open({ apiPathPrefix: '/play' })
  for (const page of PAGES.slice(1)) {
    t.match((await elsewhere(page)).body, '<meta name="api-path-prefix" content="/play" />')
  }
})

t.test('without the samples there is nothing', async (t) => {
  const bare = open({ hasSamples: false })
  for (const path of [...PAGES, ...PAGES.map((page) => page.slice(0, -1)), ...ENTRIES, '/samples/arena.js']) {
    t.equal((await bare(path)).status, 404, path)
  }
  t.equal((await bare('/')).status, 200)
})

t.test(
  'they are there if the samples are among the games, something runs games, and they are not turned off',
  async (t) => {
    const has = (env: Environment) => hasSamplePages(loadConfig({ env }).settings)
    t.ok(has({}))
    t.ok(has({ GAMES: `${SAMPLES},./another.ts` }))
    t.notOk(has({ SAMPLE_PAGES: 'false' }))
    t.notOk(has({ GAMES: './another.ts' }))
    t.notOk(has({ GAMES: 'none' }))
    t.notOk(has({ GAME_HOSTS: '0' }))
    t.equal((await get(PLAY_PATH)).status, 200)
  },
)
