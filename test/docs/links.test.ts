/** Every link of a page leads somewhere, every page is found from the index, and what code cites is there. */
import { existsSync, globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { CLOSE } from '../../src/protocol/close-codes.ts'
import { STATUS } from '../../src/protocol/errors.ts'
import { EVENT, SERVER_EVENT } from '../../src/protocol/events.ts'
import { renderCommands } from '../../src/cli/document.ts'
import { anchorsOf, findPages, linksOf, readPage, ROOT } from './markdown.ts'

const PAGES = findPages()
const INDEX = 'docs/README.md'

/** What is wrong with a link; undefined if nothing is. */
function findFault(page: string, markdown: string, link: string): string | undefined {
  const [target = '', anchor] = link.split('#')
  const file = target === '' ? page : path.normalize(path.join(path.dirname(page), target))
  if (target !== '' && !existsSync(path.join(ROOT, file))) return `${page}: there is no ${file}`
  if (anchor === undefined) return undefined
  const text = target === '' ? markdown : readPage(file)
  return anchorsOf(text).has(anchor) ? undefined : `${page}: ${file} has no heading #${anchor}`
}

t.test('every link leads to a file, and every anchor to a heading', async (t) => {
  let count = 0
  for (const page of PAGES) {
    const markdown = readPage(page)
    for (const link of linksOf(markdown)) {
      const fault = findFault(page, markdown, link)
      if (fault !== undefined) t.fail(fault)
      count++
    }
  }
  t.ok(count > 200, 'the links were found')
  t.comment(`${count} links of ${PAGES.length} pages`)
})

t.test('a link that leads nowhere is found', async (t) => {
  const markdown = '# A b\n\n[a](none.md) [b](#a-b) [c](#c) `[d](e)`\n\n```\n[f](g)\n```\n'
  t.strictSame(linksOf(markdown), ['none.md', '#a-b', '#c'])
  t.strictSame(
    linksOf(markdown).map((link) => findFault('docs/x.md', markdown, link)),
    ['docs/x.md: there is no docs/none.md', undefined, 'docs/x.md: docs/x.md has no heading #c'],
  )
})

t.test('the index names every page of docs/', async (t) => {
  const named = new Set(linksOf(readPage(INDEX)).map((link) => path.join('docs', link.split('#')[0] ?? '')))
  for (const page of PAGES) if (page.startsWith('docs/') && page !== INDEX) t.ok(named.has(page), page)
})

t.test('the sections and pages that code cites are there', async (t) => {
  const numbers = new Set(
    [...readPage('docs/reference/protocol.md').matchAll(/^## (\d+)\. /gm)].map(([, number]) => number),
  )
  let sections = 0
  for (const file of globSync('{src,test,bench,config,starter}/**/*.{ts,mjs,java,sh,yaml}', { cwd: ROOT })) {
    const text = readFileSync(path.join(ROOT, file), 'utf8').replaceAll(/\n\s*(\*|\/\/|#) ?/g, ' ')
    for (const [, number] of text.matchAll(/[Ss]ection (\d+) of docs\/reference\/protocol\.md/g)) {
      t.ok(numbers.has(number), `${file}: section ${number}`)
      sections++
    }
    t.notMatch(text, /PROTOCOL(\.md| section)/, `${file} cites what is not in the repository`)
    if (file === 'test/docs/links.test.ts') continue
    for (const [name] of text.matchAll(/\bdocs\/[\w/-]+\.(?:md|json)\b/g))
      t.ok(existsSync(path.join(ROOT, name)), `${file}: ${name}`)
  }
  t.ok(sections >= 5, 'the citations were found')
})

t.test('the protocol page has every event type, error code and close code', async (t) => {
  const page = readPage('docs/reference/protocol.md')
  for (const type of [...Object.values(EVENT), ...Object.values(SERVER_EVENT)]) t.ok(page.includes(`\`${type}\``), type)
  for (const code of Object.keys(STATUS)) t.ok(page.includes(`\`${code}\``), code)
  const rows = page
    .slice(page.indexOf('**Close codes.**'))
    .split('\n')
    .filter((line) => line.startsWith('|'))
  for (const code of Object.values(CLOSE)) {
    t.ok(
      rows.some((row) => row.split('|')[1]?.includes(String(code))),
      String(code),
    )
  }
  const symptoms = readPage('docs/operate/troubleshooting.md')
  for (const code of Object.values(CLOSE)) {
    // 1000 and 1001 are normal; nobody sends 4503 yet.
    if (code > CLOSE.goingAway && code !== CLOSE.replaced)
      t.ok(symptoms.includes(String(code)), `troubleshooting: ${code}`)
  }
})

t.test('the page of the command line is what the commands say (`npm run docs` writes it)', async (t) => {
  t.equal(readPage('docs/reference/command-line.md'), await renderCommands())
})

t.test('decisions are numbered, and each says what would change our mind', async (t) => {
  const decisions = readPage('docs/design/decisions.md').split(/^### /m).slice(1)
  t.ok(decisions.length > 80, 'the decisions were found')
  const numbers = decisions.map((decision) => decision.slice(0, 4)).sort()
  t.strictSame(
    numbers,
    decisions.map((_, index) => String(index + 1).padStart(4, '0')),
  )
  for (const decision of decisions)
    t.equal(decision.split('*What would change our mind:* ').length, 2, decision.slice(0, 40))
})

t.test('the README is one page', async (t) => {
  t.ok(readPage('README.md').trimEnd().split('\n').length <= 200, 'at most 200 lines')
})
