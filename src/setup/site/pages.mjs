// Says which pages the site has, where each one is, and in which order they are listed. docs/README.md, which names every page,
// decides the order.
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'

/**
 * @typedef {object} Page
 * @property {string} source relative to the repository's root, as in `docs/start/quickstart.md`
 * @property {string} target relative to the site's root, as in `start/quickstart.html`
 * @property {string} section as in `Start`; empty for the index
 * @property {string} markdown
 */

export const INDEX = 'docs/README.md'
/** Pages outside of docs/ that belong to the manual. */
const OUTSIDE = {
  'ARCHITECTURE.md': 'design/architecture.html',
  'SECURITY.md': 'project/security.html',
  'CONTRIBUTING.md': 'project/contributing.html',
  'CHANGELOG.md': 'project/changelog.html',
}
const SECTIONS = {
  start: 'Start',
  guides: 'Guides',
  reference: 'Reference',
  operate: 'Operate',
  design: 'Design',
  project: 'Project',
}
/** `npm run docs -- client` makes these pages, and git ignores them. */
const LEFT_OUT = 'docs/reference/client/'

/**
 * Reads every page, in the order of the index. Throws if a page of docs/ is in no section.
 * @param {string} root of the repository
 * @returns {Page[]}
 */
export function readPages(root) {
  const sources = [...findMarkdown(root), ...Object.keys(OUTSIDE)]
  const read = (/** @type {string} */ source) => readFileSync(path.join(root, source), 'utf8')
  const order = placesIn(read(INDEX))
  const pages = sources.map((source) => {
    const target = targetOf(source)
    return { source, target, section: source === INDEX ? '' : sectionOf(target), markdown: read(source) }
  })
  const names = ['', ...Object.values(SECTIONS)]
  const place = (/** @type {Page} */ { section, source }) => [names.indexOf(section), order(source)]
  return pages.sort((a, b) => {
    const [[sectionA = 0, placeA = 0], [sectionB = 0, placeB = 0]] = [place(a), place(b)]
    return sectionA - sectionB || placeA - placeB
  })
}

/** @param {string} root */
function findMarkdown(root) {
  const files = readdirSync(path.join(root, 'docs'), { recursive: true, encoding: 'utf8' })
  const pages = files.filter((file) => file.endsWith('.md')).map((file) => path.posix.join('docs', file))
  return pages.filter((page) => !page.startsWith(LEFT_OUT))
}

/** @param {string} source */
function targetOf(source) {
  if (source === INDEX) return 'index.html'
  const outside = Object.entries(OUTSIDE).find(([name]) => name === source)
  return outside ? outside[1] : source.replace(/^docs\//, '').replace(/\.md$/, '.html')
}

/** @param {string} target */
function sectionOf(target) {
  const [folder] = target.split('/')
  const section = Object.entries(SECTIONS).find(([name]) => name === folder)
  if (section === undefined) throw new Error(`docs/${target}: there is no section for this folder in pages.mjs`)
  return section[1]
}

/**
 * Returns a function that says where the tables of the index first name a page. A page that they do not name comes last.
 * @param {string} index
 * @returns {(source: string) => number}
 */
function placesIn(index) {
  const tables = index.slice(index.indexOf('\n## '))
  const links = [...tables.matchAll(/\]\(([^)#\s]+\.md)/g)].map(([, link = '']) => path.posix.join('docs', link))
  return (source) => {
    const place = links.indexOf(source)
    return place === -1 ? links.length : place
  }
}
