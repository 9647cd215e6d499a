import { createFinder, excerptOf, type Entry, type Finder, type Found } from './finder.ts'

/** The search of every page. The entries are loaded when somebody begins to search, as a script, so that it works in a folder without a server, too. */

declare global {
  var drumbeatDocs: readonly Entry[] | undefined
}

const EXCERPT_LENGTH_MAX = 150

const script = document.currentScript instanceof HTMLScriptElement ? document.currentScript.src : location.href
const root = new URL('.', script)
const search = byId('search', HTMLElement)
const query = byId('query', HTMLInputElement)
const found = byId('found', HTMLElement)
const count = byId('found-count', HTMLElement)
const list = byId('found-list', HTMLOListElement)
let finder: Promise<Finder> | undefined

function byId<Kind extends HTMLElement>(id: string, kind: new () => Kind): Kind {
  const element = document.getElementById(id)
  if (!(element instanceof kind)) throw new TypeError(`there is no ${kind.name} #${id}`)
  return element
}

function load(): Promise<Finder> {
  finder ??= new Promise((resolve, reject) => {
    const entries = document.createElement('script')
    entries.src = new URL('entries.js', root).href
    entries.addEventListener('load', () => resolve(createFinder(globalThis.drumbeatDocs ?? [])))
    entries.addEventListener('error', () => reject(new Error('entries.js cannot be read')))
    document.head.append(entries)
  })
  return finder
}

async function show(): Promise<void> {
  const asked = query.value.trim()
  found.hidden = asked === ''
  if (asked === '') return
  try {
    const find = await load()
    // Somebody may have gone on writing.
    if (query.value.trim() === asked) showResults(find(asked))
  } catch (error) {
    finder = undefined
    list.replaceChildren()
    count.textContent = `The search does not work: ${error instanceof Error ? error.message : String(error)}`
  }
}

function showResults(results: readonly Found[]): void {
  count.textContent = results.length === 0 ? 'Nothing found.' : `${results.length} found, the best first.`
  list.replaceChildren(...results.map(toItem))
}

function toItem(result: Found): HTMLElement {
  const link = document.createElement('a')
  link.href = new URL(result.address, root).href
  const title = document.createElement('strong')
  title.append(...marked(result.heading === '' ? result.page : result.heading, result.words))
  const place = document.createElement('span')
  const above = result.heading === '' ? [] : [result.page]
  place.textContent = [result.section, ...above].filter((part) => part !== '').join(' › ')
  const excerpt = document.createElement('span')
  excerpt.className = 'excerpt'
  excerpt.append(...marked(excerptOf(result, EXCERPT_LENGTH_MAX), result.words))
  link.append(title, place, excerpt)
  const item = document.createElement('li')
  item.append(link)
  return item
}

/** The text with the words in it marked. */
function marked(text: string, words: readonly string[]): (Node | string)[] {
  const pattern = words
    .map((word) => word.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'))
    .sort((a, b) => b.length - a.length)
  if (pattern.length === 0) return [text]
  return text.split(new RegExp(`(${pattern.join('|')})`, 'giu')).map((part, at) => {
    if (at % 2 === 0) return part
    const mark = document.createElement('mark')
    mark.textContent = part
    return mark
  })
}

function close(): void {
  found.hidden = true
  query.focus()
}

/** The field and the results are one list for the arrow keys. */
function step(by: number): void {
  const stops = [query, ...list.querySelectorAll('a')]
  const at = stops.findIndex((stop) => stop === document.activeElement)
  stops[Math.min(Math.max(at + by, 0), stops.length - 1)]?.focus()
}

function onKey(event: KeyboardEvent): void {
  if (event.key === 'Escape') close()
  else if (event.key === 'ArrowDown') step(1)
  else if (event.key === 'ArrowUp') step(-1)
  else if (event.key === 'Enter' && event.target === query) list.querySelector('a')?.click()
  else return
  event.preventDefault()
}

query.addEventListener('focus', () => void show())
query.addEventListener('input', () => void show())
search.addEventListener('keydown', onKey)
search.addEventListener('focusout', ({ relatedTarget }) => {
  if (!(relatedTarget instanceof Node && search.contains(relatedTarget))) found.hidden = true
})
// A result on the page that is shown leads to another part of it.
list.addEventListener('click', () => (found.hidden = true))
document.addEventListener('keydown', (event) => {
  const isWriting = event.target instanceof HTMLInputElement
  if (event.key !== '/' || isWriting || event.ctrlKey || event.metaKey || event.altKey) return
  event.preventDefault()
  query.focus()
})
search.hidden = false
