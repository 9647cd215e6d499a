// Renders a page with its frame. All links are relative, because the site may be served below any path, or be read from a folder.
import path from 'node:path'

/**
 * @typedef {import('./pages.mjs').Page} Page
 * @typedef {import('./markdown.mjs').Rendered} Rendered
 * @typedef {Page & Rendered} SitePage
 */

/** The outline of a page with more headings than this shows only its sections. */
const SUBSECTIONS_MAX = 24

/**
 * @param {SitePage} page
 * @param {readonly SitePage[]} pages all pages, in order
 * @param {string} version
 */
export function layOut(page, pages, version) {
  const to = (/** @type {string} */ target) => path.posix.relative(path.posix.dirname(page.target), target)
  const title = page.section === '' ? 'Drumbeat documentation' : `${page.title} · Drumbeat`
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <title>${escape(title)}</title>
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <meta name="color-scheme" content="light dark" />
    <link rel="icon" href="${to('favicon.svg')}" type="image/svg+xml" />
    <link rel="stylesheet" href="${to('theme.css')}" />
    <link rel="stylesheet" href="${to('manual.css')}" />
    <link rel="stylesheet" href="${to('code.css')}" />
    <script defer src="${to('search.js')}"></script>
  </head>
  <body>
    <a class="skip" href="#main">Skip to the page</a>
    <header class="top">
      <a class="brand" href="${to('index.html')}"><img src="${to('favicon.svg')}" alt="" width="26" height="26" />Drumbeat <span>docs</span></a>
      <search id="search" hidden>
        <label class="unseen" for="query">Search the documentation</label>
        <input id="query" type="search" placeholder="Search: 4001, a setting, a question" autocomplete="off" spellcheck="false" />
        <div id="found" hidden>
          <p id="found-count" role="status"></p>
          <ol id="found-list"></ol>
        </div>
      </search>
      <a class="to-pages" href="#pages">All pages</a>
    </header>
    <div class="frame${hasOutline(page) ? '' : ' bare'}">
      <nav id="pages" aria-label="Pages" tabindex="-1">${navigation(page, pages, to)}
      </nav>
      <main id="main" tabindex="-1">
        <article>
${page.html}        </article>
        <nav class="beside" aria-label="Before and after">${neighbours(page, pages, to)}</nav>
        <footer>Drumbeat ${escape(version)}. This page is <code>${page.source}</code>.</footer>
      </main>
      ${outline(page)}
    </div>
  </body>
</html>
`
}

/**
 * @param {SitePage} current
 * @param {readonly SitePage[]} pages
 * @param {(target: string) => string} to
 */
function navigation(current, pages, to) {
  const sections = [...new Set(pages.map(({ section }) => section))].filter((section) => section !== '')
  return sections
    .map((section) => {
      const items = pages
        .filter((page) => page.section === section)
        .map(({ title, target }) => {
          const here = target === current.target ? ' aria-current="page"' : ''
          return `\n          <li><a href="${to(target)}"${here}>${escape(title)}</a></li>`
        })
      return `\n        <h2>${section}</h2>\n        <ul>${items.join('')}\n        </ul>`
    })
    .join('')
}

/**
 * @param {SitePage} current
 * @param {readonly SitePage[]} pages
 * @param {(target: string) => string} to
 */
function neighbours(current, pages, to) {
  const at = pages.indexOf(current)
  const link = (/** @type {SitePage | undefined} */ page, /** @type {string} */ rel) =>
    page === undefined ? '<span></span>' : `<a rel="${rel}" href="${to(page.target)}">${escape(page.title)}</a>`
  return link(pages[at - 1], 'prev') + link(pages[at + 1], 'next')
}

/** @param {SitePage} page */
function hasOutline({ headings }) {
  return headings.filter(({ level }) => level === 2).length > 1
}

/** @param {SitePage} page */
function outline(page) {
  if (!hasOutline(page)) return ''
  const below = page.headings.filter(({ level }) => level === 2 || level === 3)
  const shown = below.length > SUBSECTIONS_MAX ? below.filter(({ level }) => level === 2) : below
  const items = shown.map(({ level, id, text }) => {
    return `\n          <li class="level-${level}"><a href="#${id}">${escape(text)}</a></li>`
  })
  return `<nav class="outline" aria-label="On this page">
        <h2>On this page</h2>
        <ul>${items.join('')}
        </ul>
      </nav>`
}

/** @param {string} text */
function escape(text) {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')
}
