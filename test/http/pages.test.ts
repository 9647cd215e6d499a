/** The files of the console and of the client library, as browsers ask for them. */
import { readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import t from 'tap'
import { BrowserFiles, readFolder } from '../../src/http/browser-files.ts'
import { startServer } from '../helpers/server.ts'
import { loadModules, type Fetched } from './modules.ts'

const SRC = resolve(import.meta.dirname, '../../src')
const server = await startServer(t, { WORKERS: '1', API_PATH_PREFIX: '/play' })

async function get(path: string): Promise<Fetched> {
  const response = await fetch(server.url + path)
  return { status: response.status, type: response.headers.get('content-type') ?? '', text: await response.text() }
}

t.test('all that the console imports is there, the client library included', async (t) => {
  const { code, bare, missing } = await loadModules('/console/console.js', get)
  t.strictSame(missing, [])
  const paths = [...code.keys()]
  t.ok(paths.includes('/client/session.js') && paths.includes('/protocol/event-names.js'), 'the library itself')
  const named = readdirSync(join(SRC, 'console')).filter((name) => name.endsWith('.ts'))
  const idle = named.map((name) => name.replace('.ts', '.js')).filter((name) => !paths.includes(`/console/${name}`))
  t.strictSame(idle, ['rest.js'], 'which has types alone')
  t.strictSame(bare, ['msgpackr'], 'what a page of this server does not have: it speaks JSON')
  for (const [path, text] of code) t.notMatch(text, /\.ts'|\bimport type\b|\binterface\b [A-Z]/, path)
})

t.test('each file has an ETag of its content, under which it is not sent again', async (t) => {
  const files = ['console', 'client', 'protocol', 'games', 'games/sync'].flatMap((folder) => {
    return [...readFolder(join(SRC, folder)).keys()].map((file) => `/${folder}/${file.replace('.ts', '.js')}`)
  })
  const tags = new Set<string>()
  for (const path of ['/', ...files, '/console/uplot.js', '/console/uplot.css']) {
    const first = await fetch(server.url + path)
    const etag = first.headers.get('etag') ?? ''
    t.equal(first.status, 200, path)
    t.match(first.headers.get('content-security-policy'), /default-src 'none'; script-src 'self'/)
    t.equal(first.headers.get('cache-control'), 'no-cache')
    tags.add(etag)
    // As a proxy that compresses makes it.
    for (const known of [etag, `W/${etag}`]) {
      const second = await fetch(server.url + path, { headers: { 'if-none-match': known } })
      t.equal(second.status, 304, path)
      t.equal(second.headers.get('etag'), etag)
      t.equal(await second.text(), '')
    }
    t.equal((await fetch(server.url + path, { headers: { 'if-none-match': '"another"' } })).status, 200)
  }
  t.ok(tags.size > 60, 'of each its own, but for some that have types alone')
})

t.test('so have the documents of the API', async (t) => {
  for (const name of ['openapi', 'asyncapi']) {
    const url = `${server.url}/api/v1/${name}.json`
    const first = await fetch(url)
    const etag = first.headers.get('etag') ?? ''
    t.match(await first.json(), { info: { title: /./ } })
    const second = await fetch(url, { headers: { 'if-none-match': etag } })
    t.equal(second.status, 304)
    t.equal((await fetch(url, { headers: { 'if-none-match': '"another"' } })).status, 200)
  }
})

t.test('the page knows where the sockets of this server are', async (t) => {
  t.match(await (await fetch(`${server.url}/`)).text(), '<meta name="api-path-prefix" content="/play" />')
})

t.test('nothing else of the server is a file', async (t) => {
  for (const path of ['console/tsconfig.json', 'console/console.ts', 'client/none.js', 'hub/hub.js', 'client/']) {
    t.equal((await fetch(`${server.url}/${path}`)).status, 404, path)
  }
  for (const path of ['console/..%2Fmain.js', 'console/%2e%2e%2fmain.js', 'client/..%2f..%2fpackage.json']) {
    t.equal((await fetch(`${server.url}/${path}`)).status, 404, path)
  }
})

t.test('a source loses its types, and keeps its lines; what was built is served as it is', async (t) => {
  const texts = new Map([
    [
      'a.ts',
      `import { b, type C } from './b.ts'\n\ninterface D {\n  e: C\n}\nexport const f = (await import('./g.ts')) as D\n`,
    ],
    ['built.js', `import { b } from './b.js'\n`],
  ])
  const files = new BrowserFiles(texts)
  const lines = String(files.answer('a.js')?.body).split('\n')
  t.match(lines[0], /^import \{ b, +\} from '\.\/b\.js'$/)
  t.match(lines[5], /^export const f = \(await import\('\.\/g\.js'\)\) *$/)
  t.equal(String(files.answer('built.js')?.body), texts.get('built.js'))
  t.equal(files.answer('a.ts'), undefined, 'not the source itself')
  t.equal(files.answer('a.js'), files.answer('a.js'), 'made once')
})

t.test('declarations of a built package are no sources', async (t) => {
  const folder = t.testdir({ 'index.js': 'export {}', 'index.d.ts': 'export {}', 'notes.txt': '', 'page.html': '<p>' })
  t.strictSame([...readFolder(folder).keys()].sort(), ['index.js', 'page.html'])
})

t.test('no warning of Node comes into the log when the types are taken out', async (t) => {
  await server.stop()
  t.match(server.output(), /"level":/)
  t.notMatch(server.output(), /stripTypeScriptTypes/)
})
