/** The documentation as a site: it has every page, its links hold, and its search finds what is asked for. */
import path from 'node:path'
import t from 'tap'
import { createFinder, excerptOf, type Entry } from '../../src/manual/finder.ts'
import { buildSite } from '../helpers/site.ts'
import { anchorsOf, findPages, linksOf, readPage } from './markdown.ts'

const site = await buildSite(path.join(t.testdir(), 'site'))
const pages = [...site].filter(([name]) => name.endsWith('.html'))
const text = site.get('entries.js') ?? ''
const entries = JSON.parse(text.slice(text.indexOf('['))) as readonly Entry[]
const find = createFinder(entries)

const pageOf = (source: string) =>
  source === 'docs/README.md' ? 'index.html' : source.replace('docs/', '').replace('.md', '.html')
const attributes = (html: string, name: string) =>
  [...html.matchAll(new RegExp(`\\s${name}="([^"]*)"`, 'g'))].map(([, value = '']) => value)

t.test('each page of docs/ has a page, with its headings under the anchors that they have on GitHub', async (t) => {
  const sources = findPages().filter((source) => source.startsWith('docs/'))
  for (const source of sources) {
    const html = site.get(pageOf(source)) ?? ''
    const ids = new Set(attributes(html, 'id'))
    for (const anchor of anchorsOf(readPage(source))) t.ok(ids.has(anchor), `${source}#${anchor}`)
    const [, title = ''] = /^# (.+)$/m.exec(readPage(source)) ?? []
    if (source !== 'docs/README.md') t.ok(html.includes(`<title>${title} · Drumbeat</title>`), source)
    t.ok(html.includes(`<code>${source}</code>`), `the footer of ${source}`)
  }
  t.equal(pages.length, sources.length + 4, 'and the architecture, security, contributing, the changelog')
})

t.test('every page leads to every other one, and names where one is', async (t) => {
  for (const [name, html] of pages) {
    const [, nav = ''] = /<nav id="pages"([\s\S]*?)<\/nav>/.exec(html) ?? []
    t.equal(attributes(nav, 'href').length, pages.length - 1, name)
    t.equal(nav.match(/aria-current="page"/g)?.length ?? 0, name === 'index.html' ? 0 : 1, name)
    t.match(nav, /Start[^]*Guides[^]*Reference[^]*Operate[^]*Design[^]*Project/)
  }
  const [, nav = ''] = /<nav id="pages"([\s\S]*?)<\/nav>/.exec(site.get('index.html') ?? '') ?? []
  const order = attributes(nav, 'href')
  t.strictSame(order.slice(0, 4), [
    'start/quickstart.html',
    'start/first-client.html',
    'start/first-game.html',
    'guides/rooms.html',
  ])
})

/** What is wrong with a link of a page; undefined if nothing is, or it leads to another site. */
function findFault(page: string, link: string): string | undefined {
  if (/^https?:/.test(link)) return undefined
  const [target = '', anchor] = link.split('#')
  const name = target === '' ? page : path.join(path.dirname(page), target)
  const html = site.get(name)
  if (html === undefined) return `${page}: there is no ${name}`
  if (anchor === undefined || attributes(html, 'id').includes(anchor)) return undefined
  return `${page}: ${name} has nothing with the id ${anchor}`
}

t.test('every link holds within the site', async (t) => {
  let count = 0
  for (const [page, html] of pages) {
    for (const link of [...attributes(html, 'href'), ...attributes(html, 'src')]) {
      const fault = findFault(page, link)
      if (fault !== undefined) t.fail(fault)
      count++
    }
  }
  t.ok(count > 2_000, 'the links were found')
  t.equal(findFault('index.html', 'start/none.html'), 'index.html: there is no start/none.html')
  t.match(findFault('index.html', 'start/quickstart.html#none'), /has nothing with the id none/)
})

t.test('links between pages of docs/ are links of the site, to the same section', async (t) => {
  for (const source of findPages().filter((name) => name.startsWith('docs/'))) {
    const links = attributes(site.get(pageOf(source)) ?? '', 'href')
    for (const link of linksOf(readPage(source))) {
      const [target = '', anchor] = link.split('#')
      const goal = path.join(path.dirname(source), target)
      if (target === '' || !goal.startsWith('docs/') || !goal.endsWith('.md')) continue
      const wanted = path.relative(path.dirname(pageOf(source)), pageOf(goal))
      t.ok(links.includes(anchor === undefined ? wanted : `${wanted}#${anchor}`), `${source}: ${link}`)
    }
  }
})

t.test('a file of the repository that the site does not have is named, not linked', async (t) => {
  t.match(site.get('start/quickstart.html'), /(?<!href=")src\/samples\/arena\.ts/)
  t.notMatch(site.get('start/quickstart.html'), /href="[^"]*\.ts"/)
  t.match(site.get('operate/console.html'), /<img src="\.\.\/files\/console-light\.png"/)
  t.match(site.get('reference/rest.html'), /href="\.\.\/files\/openapi\.json"/)
})

t.test('no page has anything inline, or asks another machine for anything', async (t) => {
  for (const [name, html] of pages) {
    t.notMatch(html, /<style|\sstyle=|<script(?! defer src=)|\son[a-z]+="/, name)
    const loaded = [...html.matchAll(/<(?:script|link|img)\b[^>]*>/g)].flatMap(([tag]) => [
      ...attributes(tag, 'src'),
      ...attributes(tag, 'href'),
    ])
    t.strictSame(
      loaded.filter((address) => /^[a-z]+:|^\//.test(address)),
      [],
      name,
    )
  }
  for (const [name, css] of site) if (name.endsWith('.css')) t.notMatch(css, /url\(|@import/, name)
  t.notMatch(site.get('search.js'), /https?:\/\//)
})

t.test('code is coloured, and tables and samples can be scrolled by keys', async (t) => {
  t.match(
    site.get('start/first-game.html'),
    /<pre tabindex="0"><code class="language-ts"><span class="hljs-keyword">import/,
  )
  t.match(site.get('reference/settings.html'), /<div class="table" tabindex="0"><table class="wide">/)
  t.notMatch(site.get('reference/settings.html'), /&lt;!--/, 'a comment of Markdown is none of the text')
})

/** Each question, and the pages of which one has to be first. */
const QUESTIONS: readonly (readonly [question: string, ...pages: string[]])[] = [
  ['why is my client closed with 4001', 'operate/troubleshooting.html'],
  ['setting of rooms', 'reference/settings.html'],
  ['ROOM_CAPACITY', 'reference/settings.html#ROOM_CAPACITY'],
  ['idempotency key', 'guides/purchases.html'],
  ['proxy TLS', 'operate/proxies.html'],
  ['resume token', 'guides/resume.html', 'reference/settings.html#RESUME_TOKEN_TTL'],
  ['backup of the ledger', 'operate/data.html'],
  ['msgpack', 'reference/protocol.html', 'reference/client.html'],
  ['bot fill', 'guides/games.html#bots'],
  ['etcd quota', 'operate/cluster.html'],
  ['kick a player for an hour', 'reference/rest.html'],
  ['OUTCOME_UNKNOWN', 'reference/protocol.html', 'operate/troubleshooting.html', 'guides/games.html'],
  ['upgrades without downtime', 'operate/restarts.html'],
  ['coming from colyseus', 'guides/from-colyseus.html'],
  ['slow reader', 'guides/delivery.html', 'operate/troubleshooting.html', 'reference/metrics.html'],
  ['socket_closes_total', 'reference/metrics.html#socket_closes_total'],
  ['how do I run three nodes', 'operate/cluster.html'],
  ['prometheus alerts', 'reference/metrics.html', 'operate/monitoring.html'],
  ['troubleshoting', 'operate/troubleshooting.html'],
]

t.test('the search finds the right page first', async (t) => {
  for (const [question, ...wanted] of QUESTIONS) {
    const [first] = find(question)
    t.ok(
      wanted.some((page) => first?.address.startsWith(page)),
      `${question}: ${first?.address}`,
    )
  }
})

t.test('every section and every row with a name can be found, and is there', async (t) => {
  t.ok(entries.length > 500)
  for (const { address } of entries) t.equal(findFault('index.html', address), undefined, address)
  t.strictSame(find(''), [])
  t.strictSame(find('the of and'), [])
  t.strictSame(find('xyzzyplugh'), [])
})

t.test('an excerpt is around what was found, and ends at words', async (t) => {
  const text = `${'before '.repeat(40)}needle ${'after '.repeat(40)}`.trim()
  t.match(excerptOf({ text, words: ['needle'] }, 80), /^… (before )+needle( after)+ …$/)
  t.equal(excerptOf({ text: 'short', words: ['none'] }, 80), 'short')
  t.match(excerptOf({ text, words: [] }, 20), /^before before …$/)
})
