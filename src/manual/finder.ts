import MiniSearch from 'minisearch'

/** A section of a page, or a row of a table of names. */
export interface Entry {
  /** From the site's root, as in `operate/troubleshooting.html#a-client-is-closed`. */
  readonly address: string
  /** The title of its page. */
  readonly page: string
  /** The group of its page, as in `Operate`; empty for the index. */
  readonly section: string
  /** Empty for what stands right below the page's title. */
  readonly heading: string
  readonly text: string
}

export interface Found extends Entry {
  /** The words of the entry that the query found. */
  readonly words: readonly string[]
}

const FOUND_MAX = 20
/** Words of questions that say nothing about what is asked. */
const IDLE_WORDS = new Set(
  'a an and are as at be by can do does for from get how i if in is it its me my of on or our the their there this to was what when where which who why will with without you your'.split(
    ' ',
  ),
)
/** From this length on a word may be the beginning of another one, or be misspelt. */
const PREFIX_LENGTH_MIN = 3
const FUZZY_LENGTH_MIN = 5
const FUZZINESS = 0.2

/** The reference is the owner of names. Why something is as it is, what changed, and 429 cases of frames are seldom what is looked for. */
const WEIGHTS: Readonly<Record<string, number>> = { Reference: 1.4, Design: 0.15, Project: 0.15 }
const CASES = /^reference\/rfc6455/
const CASES_WEIGHT = 0.15

export type Finder = (query: string) => readonly Found[]

/** Returns a search over the entries: the best first, FOUND_MAX at most. */
export function createFinder(entries: readonly Entry[]): Finder {
  const index = new MiniSearch<Entry & { readonly id: number }>({
    fields: ['heading', 'page', 'text'],
    tokenize: wordsOf,
    processTerm,
    searchOptions: {
      boost: { heading: 4, page: 2 },
      prefix: (word) => word.length >= PREFIX_LENGTH_MIN && !isNumber(word),
      fuzzy: (word) => word.length >= FUZZY_LENGTH_MIN && !isNumber(word) && FUZZINESS,
      boostDocument: (id) => weightOf(entries[Number(id)]),
      // A word that an entry has as it was asked for counts far more than one that is alike.
      weights: { prefix: 0.3, fuzzy: 0.1 },
    },
  })
  index.addAll(entries.map((entry, id) => ({ id, ...entry })))
  return (query) => {
    // Those that have every word come before those that have some.
    const results = [...index.search(query, { combineWith: 'AND' }), ...index.search(query)]
    const words = new Map(results.map(({ id, terms }) => [Number(id), terms]))
    const found = [...words].flatMap(([id, terms]) => {
      const entry = entries[id]
      return entry === undefined ? [] : [{ ...entry, words: terms }]
    })
    return found.slice(0, FOUND_MAX)
  }
}

function weightOf(entry: Entry | undefined): number {
  if (entry === undefined) return 0
  return CASES.test(entry.address) ? CASES_WEIGHT : (WEIGHTS[entry.section] ?? 1)
}

/** A name such as `MAX_PAYLOAD_BYTES` or `core.game.room.join` is found as a whole and by its parts. */
function wordsOf(text: string): string[] {
  const names = text.match(/[\p{L}\p{N}]+(?:[_.:/-][\p{L}\p{N}]+)*/gu) ?? []
  return names.flatMap((name) => {
    const parts = name.split(/[_.:/-]/)
    return parts.length === 1 ? [name] : [name, ...parts]
  })
}

function processTerm(word: string): string | null {
  const term = word.toLowerCase()
  return IDLE_WORDS.has(term) ? null : toSingular(term)
}

/** So that `bots` finds `bot`, and `proxy` finds `proxies`. What is no plural loses its end, too, in the query as in the text. */
function toSingular(term: string): string {
  if (term.length < 4 || !/^\p{L}+s$/u.test(term) || term.endsWith('ss')) return term
  return term.endsWith('ies') ? `${term.slice(0, -3)}y` : term.slice(0, -1)
}

function isNumber(word: string): boolean {
  return /^\d+$/.test(word)
}

/** The part of a text around the first of these words that it has. */
export function excerptOf({ text, words }: Pick<Found, 'text' | 'words'>, lengthMax: number): string {
  const lower = text.toLowerCase()
  const places = words.map((word) => lower.indexOf(word)).filter((place) => place !== -1)
  const from = Math.max(0, Math.min(...(places.length === 0 ? [0] : places)) - lengthMax / 4)
  const begin = from === 0 ? 0 : text.indexOf(' ', from) + 1
  const end = begin + lengthMax
  const cut = text.slice(begin, end)
  return `${begin > 0 ? '… ' : ''}${end < text.length ? `${cut.slice(0, cut.lastIndexOf(' '))} …` : cut}`
}
