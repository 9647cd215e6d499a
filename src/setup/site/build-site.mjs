// Makes the site of the documentation: static pages with a search, which need no server and load nothing from elsewhere.
//   node src/setup/site/build-site.mjs [FOLDER]     by default dist/docs, which Drumbeat serves at /docs/
// This is plain JavaScript, because any Node from 18 on may run the npm scripts.
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { layOut } from './layout.mjs'
import { render } from './markdown.mjs'
import { readPages } from './pages.mjs'

const THIS_FILE = fileURLToPath(import.meta.url)
const ROOT = path.resolve(path.dirname(THIS_FILE), '../../..')
/** Files of the repository with these extensions are copied to the site if a page links to them. */
const COPIED = /\.(?:png|svg|json)$/
const STYLES = ['src/console/theme.css', 'src/console/favicon.svg', 'src/manual/manual.css', 'src/manual/code.css']
const FILES = 'files'

/**
 * @param {string} folder is replaced
 * @returns {Promise<number>} the number of pages
 */
export async function buildSite(folder) {
  mkdirSync(path.dirname(folder), { recursive: true })
  // The files are made beside the existing ones, which somebody may be reading.
  const stage = mkdtempSync(path.join(path.dirname(folder), 'new-'))
  try {
    const count = await writeSite(stage)
    rmSync(folder, { recursive: true, force: true })
    renameSync(stage, folder)
    return count
  } catch (error) {
    rmSync(stage, { recursive: true, force: true })
    throw error
  }
}

/** @param {string} folder */
async function writeSite(folder) {
  const { version } = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8'))
  const sources = readPages(ROOT)
  const targets = new Map(sources.map(({ source, target }) => [source, target]))
  /** @type {Map<string, string>} */
  const copied = new Map()
  const pages = sources.map((page) => ({ ...page, ...render(page, resolverFor(page, targets, copied)) }))
  for (const page of pages) write(path.join(folder, page.target), layOut(page, pages, version))
  for (const [source, target] of copied) copy(source, path.join(folder, target))
  for (const source of STYLES) copy(source, path.join(folder, path.basename(source)))
  write(path.join(folder, 'entries.js'), `globalThis.drumbeatDocs = ${JSON.stringify(entriesOf(pages))}\n`)
  await build({
    entryPoints: [path.join(ROOT, 'src/manual/search.ts')],
    outfile: path.join(folder, 'search.js'),
    bundle: true,
    minify: true,
    format: 'iife',
    target: 'es2022',
    logLevel: 'warning',
  })
  return pages.length
}

/**
 * @param {import('./pages.mjs').Page} page
 * @param {ReadonlyMap<string, string>} targets
 * @param {Map<string, string>} copied receives the files that the page links to, with their places on the site
 * @returns {(link: string) => { href: string } | { file: string }}
 */
function resolverFor(page, targets, copied) {
  const from = path.posix.dirname(page.target)
  return (link) => {
    if (/^(?:#|[a-z]+:)/.test(link)) return { href: link }
    const [name = '', anchor] = link.split('#')
    const file = path.posix.join(path.posix.dirname(page.source), name)
    const target = targets.get(file) ?? (COPIED.test(file) ? `${FILES}/${path.posix.basename(file)}` : undefined)
    if (target === undefined) return { file }
    if (!targets.has(file)) copyOnce(copied, file, target)
    return { href: path.posix.relative(from, target) + (anchor === undefined ? '' : `#${anchor}`) }
  }
}

/** @param {Map<string, string>} copied @param {string} source @param {string} target */
function copyOnce(copied, source, target) {
  const other = [...copied].find(([name, place]) => place === target && name !== source)
  if (other !== undefined) throw new Error(`${source} and ${other[0]} would both be ${target}`)
  copied.set(source, target)
}

/** Returns the entries of the search. @param {readonly import('./layout.mjs').SitePage[]} pages */
function entriesOf(pages) {
  return pages.flatMap(({ target, title, section, pieces }) =>
    pieces.map(({ id, heading, text }, at) => {
      const address = at === 0 ? target : `${target}#${id}`
      return { address, page: title, section, heading: heading === title ? '' : heading, text }
    }),
  )
}

/** @param {string} file @param {string} text */
function write(file, text) {
  mkdirSync(path.dirname(file), { recursive: true })
  writeFileSync(file, text)
}

/** @param {string} source @param {string} target */
function copy(source, target) {
  mkdirSync(path.dirname(target), { recursive: true })
  copyFileSync(path.join(ROOT, source), target)
}

if (process.argv[1] !== undefined && path.resolve(process.argv[1]) === THIS_FILE) {
  const folder = path.resolve(process.argv[2] ?? path.join(ROOT, 'dist/docs'))
  const count = await buildSite(folder)
  console.error(
    `drumbeat: ${count} pages of documentation are in ${folder}; open index.html there, or /docs/ of a server`,
  )
}
