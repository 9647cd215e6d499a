/** The documentation at /docs/, as browsers ask for it: the real routes, without a server. */
import path from 'node:path'
import t from 'tap'
import { docsRoutes } from '../../src/http/routes/docs.ts'
import { pageRoutes } from '../../src/http/routes/pages.ts'
import { openPages, openRoutes, PREFIX } from './open-pages.ts'

const SRC = path.resolve(import.meta.dirname, '../../src')
const MANUAL = path.join(SRC, 'manual')
const FILES = '/docs/files'
const PNG = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0xff, 0x00])

const open = (site: string) => openRoutes(docsRoutes({ site, otherwise: MANUAL }))

t.test('pages and files are served as the console is', async (t) => {
  const get = open(
    t.testdir({
      'index.html': '<p>all pages',
      'theme.css': 'p {}',
      start: { 'quickstart.html': '<p>start' },
      files: { 'api.json': '{}', 'picture.png': PNG },
    }),
  )
  const options = {
    root: SRC,
    apiPathPrefix: PREFIX,
    hasSamples: false,
    hasDocs: true,
    hasSignIn: false,
    gamePages: [],
  }
  const { etag: _tag, ...ofConsole } = (await openRoutes(pageRoutes(options))('/')).headers
  for (const [asked, type, body] of [
    ['/docs/', 'text/html; charset=utf-8', '<p>all pages'],
    ['/docs/index.html', 'text/html; charset=utf-8', '<p>all pages'],
    ['/docs/theme.css', 'text/css; charset=utf-8', 'p {}'],
    ['/docs/start/quickstart.html', 'text/html; charset=utf-8', '<p>start'],
    [`${FILES}/api.json`, 'application/json; charset=utf-8', '{}'],
    [`${FILES}/picture.png`, 'image/png', PNG],
  ] as const) {
    const answer = await get(asked)
    t.equal(answer.status, 200, asked)
    t.strictSame(Buffer.from(answer.body), Buffer.from(body), asked)
    const { etag = '', ...headers } = answer.headers
    t.strictSame(headers, { ...ofConsole, 'content-type': type }, asked)
    t.match(await get(asked, { 'if-none-match': etag }), { status: 304, body: '' }, asked)
  }
  t.match(await get('/docs'), { status: 308, headers: { location: 'docs/' } }, 'which is right below a path, too')
})

t.test('nothing else of the folder, or beside it, is there', async (t) => {
  const folder = t.testdir({
    'secret.json': '{}',
    site: { 'index.html': '', '.hidden.html': '', 'notes.txt': '', 'folder.html': {}, a: { b: { 'c.html': '' } } },
  })
  const get = open(path.join(folder, 'site'))
  for (const name of [
    'secret.json',
    '../secret.json',
    '..%2fsecret.json',
    '%2e%2e/secret.json',
    '..%2f..%2f..%2f..%2fetc/passwd',
    '.hidden.html',
    'notes.txt',
    'folder.html',
    'a/b/c.html',
    'a%2fb/c.html',
    'a/none.html',
    'a',
    'a/',
    'index.html%00.png',
  ]) {
    t.equal((await get(`/docs/${name}`)).status, 404, name)
  }
})

t.test('a site that was not made is said, with how it is made; one that was made meanwhile is served', async (t) => {
  const folder = path.join(t.testdir(), 'site')
  const get = open(folder)
  const { status, body, headers } = await get('/docs/')
  t.equal(status, 200)
  t.match(String(body), /npm run docs -- site/)
  t.match(headers['content-security-policy'], /default-src 'none'/)
  t.equal((await get('/docs/start/quickstart.html')).status, 404)
  t.testdir({ site: { 'index.html': 'made' } })
  t.equal(String((await get('/docs/')).body), 'made')
})

t.test('the console has a link to it, unless it is turned off', async (t) => {
  const options = { root: SRC, apiPathPrefix: PREFIX, hasSamples: false, gamePages: [] }
  const console = async (hasDocs: boolean) => String((await openPages({ ...options, hasDocs })('/')).body)
  t.match(await console(true), '<a class="docs" href="docs/">Docs</a>')
  t.notMatch(await console(false), 'href="docs/"')
})
