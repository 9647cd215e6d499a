// Renders a page's Markdown to HTML, and cuts it into the pieces that the search finds.
import path from 'node:path'
import hljs from 'highlight.js/lib/core'
import bash from 'highlight.js/lib/languages/bash'
import ini from 'highlight.js/lib/languages/ini'
import json from 'highlight.js/lib/languages/json'
import nginx from 'highlight.js/lib/languages/nginx'
import typescript from 'highlight.js/lib/languages/typescript'
import xml from 'highlight.js/lib/languages/xml'
import MarkdownIt from 'markdown-it'

/**
 * @typedef {import('markdown-it').Token} Token
 * @typedef {import('./pages.mjs').Page} Page
 * @typedef {{ level: number, id: string, text: string }} Heading
 * @typedef {{ id: string, heading: string, text: string }} Piece a section, or a row of a table of names
 * @typedef {{ title: string, html: string, headings: Heading[], pieces: Piece[] }} Rendered
 */

const LANGUAGES = { bash, ini, json, nginx, typescript, xml }
/** The language for the word after the fence of a code block. */
const LANGUAGE_OF = {
  js: 'typescript',
  ts: 'typescript',
  jsx: 'typescript',
  svelte: 'xml',
  sh: 'bash',
  json: 'json',
  nginx: 'nginx',
}
/** If the first column of a table has one of these titles, the search finds each row by its first cell, and each row has an id. */
const NAMES = ['name', 'code', 'route']
/** On a small screen a table with this many columns or more shows its cells below each other. */
const WIDE_COLUMNS_MIN = 4

for (const [name, language] of Object.entries(LANGUAGES)) hljs.registerLanguage(name, language)

const markdownIt = new MarkdownIt({ html: true, highlight })
markdownIt.renderer.rules['table_open'] = (tokens, at, options, _env, renderer) =>
  `<div class="table" tabindex="0">${renderer.renderToken(tokens, at, options)}`
markdownIt.renderer.rules['table_close'] = () => '</table></div>\n'
// A code sample that is wider than the page can be scrolled by keys, too.
const fence = markdownIt.renderer.rules['fence']
markdownIt.renderer.rules['fence'] = (...args) => fence?.(...args).replace('<pre>', '<pre tabindex="0">') ?? ''

/** @param {string} code @param {string} word */
function highlight(code, word) {
  const language = Object.entries(LANGUAGE_OF).find(([name]) => name === word)?.[1]
  return language === undefined ? '' : hljs.highlight(code, { language }).value
}

/**
 * @param {Page} page
 * @param {(link: string) => { href: string } | { file: string }} resolve returns where a link of the page leads on the site, or the
 *   `file` of the repository if the site does not have it
 * @returns {Rendered}
 */
export function render(page, resolve) {
  const tokens = markdownIt.parse(page.markdown, {})
  const ids = new Set()
  const headings = nameHeadings(tokens, ids)
  describeTables(tokens, ids)
  for (const token of tokens) if (token.children) token.children = resolveLinks(token.children, resolve)
  return {
    title: headings.find(({ level }) => level === 1)?.text ?? path.basename(page.source),
    html: markdownIt.renderer.render(tokens, markdownIt.options, {}),
    headings,
    pieces: piecesOf(tokens),
  }
}

/** @param {Token[]} tokens @param {Set<string>} ids @returns {Heading[]} */
function nameHeadings(tokens, ids) {
  return tokens.flatMap((token, at) => {
    if (token.type !== 'heading_open') return []
    const text = textOf(tokens[at + 1])
    const id = unique(slug(text), ids)
    token.attrSet('id', id)
    return [{ level: Number(token.tag.slice(1)), id, text }]
  })
}

/**
 * Gives each row with a name an id, and each cell the title of its column, which a small screen shows beside the cell.
 * @param {Token[]} tokens
 * @param {Set<string>} ids
 */
function describeTables(tokens, ids) {
  /** @type {string[]} */
  let titles = []
  let column = 0
  /** @type {Token | undefined} */
  let table
  for (const [at, token] of tokens.entries()) {
    if (token.type === 'table_open') [table, titles] = [token, []]
    if (token.type === 'th_open') titles.push(textOf(tokens[at + 1]))
    if (token.type === 'thead_close' && titles.length >= WIDE_COLUMNS_MIN) table?.attrSet('class', 'wide')
    if (token.type === 'tr_open') column = 0
    if (token.type !== 'td_open') continue
    const title = titles[column++] ?? ''
    token.attrSet('data-title', title)
    if (column === 1 && NAMES.includes(title)) nameRow(tokens[at - 1], textOf(tokens[at + 1]), ids)
  }
}

/** @param {Token | undefined} row @param {string} text of its first cell @param {Set<string>} ids */
function nameRow(row, text, ids) {
  const [name = ''] = text.split(',')
  const id = name.replaceAll(/[^\w.:-]+/g, '-')
  if (id !== '') row?.attrSet('id', unique(id, ids))
}

/** Makes an id from a heading as GitHub does, so that links work in both places. @param {string} text */
function slug(text) {
  return text
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}_ -]/gu, '')
    .replaceAll(' ', '-')
}

/** @param {string} id @param {Set<string>} ids */
function unique(id, ids) {
  let found = id
  for (let count = 1; ids.has(found); count++) found = `${id}-${count}`
  ids.add(found)
  return found
}

/** @param {Token | undefined} token */
function textOf(token) {
  const parts = (token?.children ?? []).map(({ type, content }) => (type === 'softbreak' ? ' ' : content))
  return parts.join('').trim()
}

/**
 * Replaces a link to a file that the site does not have by its text. If the text is not the file's name, the name is added.
 * @param {Token[]} tokens
 * @param {Parameters<typeof render>[1]} resolve
 * @returns {Token[]}
 */
function resolveLinks(tokens, resolve) {
  /** @type {Token[]} */
  const resolved = []
  let elsewhere = ''
  for (const token of tokens) {
    const name = token.type === 'image' ? 'src' : 'href'
    const link = token.attrGet(name)
    const goal = link === null ? undefined : resolve(link)
    if (goal !== undefined && 'href' in goal) token.attrSet(name, goal.href)
    if (goal !== undefined && 'file' in goal) elsewhere = goal.file
    const isLink = token.type === 'link_open' || token.type === 'link_close'
    if (elsewhere === '' || !isLink) resolved.push(token)
    else if (token.type === 'link_close') {
      if (!resolved.some(({ content }) => content === elsewhere)) resolved.push(...fileName(elsewhere))
      elsewhere = ''
    }
  }
  return resolved
}

/** @param {string} file @returns {Token[]} */
function fileName(file) {
  return markdownIt.parseInline(` (\`${file}\`)`, {})[0]?.children ?? []
}

/** Returns the text of each section, and of each row that has an id. @param {Token[]} tokens @returns {Piece[]} */
function piecesOf(tokens) {
  /** @type {Piece[]} */
  const pieces = []
  let section = { id: '', heading: '', text: '' }
  let piece = section
  for (const [at, token] of tokens.entries()) {
    const id = token.attrGet('id')
    if (token.type === 'heading_open')
      pieces.push((piece = section = { id: id ?? '', heading: textOf(tokens[at + 1]), text: '' }))
    else if (token.type === 'tr_open' && id !== null)
      pieces.push((piece = { id, heading: textOf(tokens[at + 2]), text: '' }))
    else if (token.type === 'tr_close') piece = section
    else if (token.type === 'inline' && textOf(token) !== piece.heading) piece.text += `${textOf(token)} `
    else if (token.type === 'fence') piece.text += `${token.content.replaceAll(/\s+/g, ' ')} `
  }
  return pieces.map(({ text, ...others }) => ({ ...others, text: text.trim() }))
}
