/** A folder `page` beside a game, as browsers ask for it. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { gamePagesOf } from '../../src/config/game-pages.ts'
import { SAMPLES } from '../../src/config/samples.ts'
import { loadModules } from './modules.ts'
import { openPages, PREFIX } from './open-pages.ts'

const ROOT = path.resolve(import.meta.dirname, '../..')
const options = { root: path.join(ROOT, 'src'), apiPathPrefix: '/prefix', hasSamples: true }
const STARTER = { name: 'starter', folder: path.join(ROOT, 'starter/page') }

t.test('a page is found beside its game, by the name of the folder that both are in', async (t) => {
  const folder = t.testdir({
    pong: { 'game.ts': '', page: { 'index.html': '' } },
    'no-page': { 'game.ts': '' },
    'Not A Name': { 'game.ts': '', page: {} },
    file: { 'game.ts': '', page: 'no folder' },
  })
  const at = (...names: readonly string[]) => path.join(folder, ...names)
  const GAMES = [
    at('pong/game.ts'),
    at('pong'),
    at('no-page/game.ts'),
    at('Not A Name/game.ts'),
    at('file/game.ts'),
    at('nowhere/game.ts'),
    SAMPLES,
  ]
  const pages = (more: object = {}) => gamePagesOf({ GAMES, GAME_HOSTS: 1, GAME_PAGES: true, ...more })
  t.strictSame(pages(), [{ name: 'pong', folder: at('pong/page') }])
  t.strictSame(pages({ GAME_PAGES: false }), [])
  t.strictSame(pages({ GAME_HOSTS: 0 }), [])
})

t.test('the page that `new` makes is whole, and so is what it imports', async (t) => {
  const get = openPages({ ...options, gamePages: [STARTER] })
  const fetched = async (asked: string) => {
    const { status, headers, body } = await get(asked)
    return { status, type: headers['content-type'] ?? '', text: String(body) }
  }
  const { status, text } = await fetched('/play/starter/')
  t.equal(status, 200)
  t.match(text, 'name="api-path-prefix" content="/prefix"')
  for (const [, reference = ''] of text.matchAll(/\b(?:href|src)="(?!data:)([^"]+)"/g))
    t.equal((await get(`/play/starter/${reference}`)).status, 200, reference)
  const { missing, bare } = await loadModules('/play/starter/page.js', fetched)
  t.strictSame([missing, bare], [[], ['msgpackr']], 'a page speaks JSON')
  t.match(await get('/play/starter'), { status: 308, headers: { location: 'starter/' } })
})

t.test('files are read whenever they are asked for; what is none of them is not there', async (t) => {
  const folder = t.testdir({
    'index.html': 'one',
    'a.ts': 'export const a: number = 1',
    'notes.txt': 'not for browsers',
  })
  mkdirSync(path.join(folder, 'sub'))
  writeFileSync(path.join(folder, 'sub/b.js'), '')
  const get = openPages({ ...options, apiPathPrefix: PREFIX, gamePages: [{ name: 'mine', folder }] })
  const first = await get('/play/mine/')
  t.match(first, { status: 200, body: 'one' })
  writeFileSync(path.join(folder, 'index.html'), 'the second')
  const second = await get('/play/mine/', { 'if-none-match': first.headers['etag'] ?? '' })
  t.match(second, { status: 200, body: 'the second' })
  t.equal((await get('/play/mine/', { 'if-none-match': second.headers['etag'] ?? '' })).status, 304)
  t.match((await get('/play/mine/a.js')).body, /export const a *= 1/)
  for (const name of ['notes.txt', 'a.ts', 'sub', 'sub/b.js', '../a.js', '..%2fpackage.json', '%2e%2e', 'nothing.js'])
    t.equal((await get(`/play/mine/${name}`)).status, 404, name)
  t.equal((await get('/play/other/')).status, 404)
  rmSync(folder, { recursive: true })
  t.equal((await get('/play/mine/')).status, 404)
})

t.test('a page of a sample stays what it is', async (t) => {
  const folder = t.testdir({ 'index.html': 'another arena' })
  const pages = [{ name: 'arena', folder }]
  const body = async (hasSamples: boolean) =>
    String((await openPages({ ...options, hasSamples, gamePages: pages })('/play/arena/')).body)
  t.not(await body(true), 'another arena')
  t.equal(await body(false), 'another arena')
})
