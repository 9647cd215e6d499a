import { TomlError, parse as parseTomlText } from 'smol-toml'
import { LineCounter, parseDocument, visit, type Document, type ErrorCode } from 'yaml'

/**
 * A text that is not what it should be. The message names the place and nothing of the text, which may hold a secret. The libraries quote
 * what they read, so their own messages are not used.
 */
export class ParseError extends Error {
  override readonly name = 'ParseError'

  constructor(mistake: string, place?: { readonly line: number; readonly column: number }) {
    super(place === undefined ? mistake : `${mistake} at line ${place.line}, column ${place.column}`)
  }
}

/** What people get wrong most, in words; the others are named by their codes. */
const YAML_MISTAKES: Readonly<Partial<Record<ErrorCode, string>>> = {
  BAD_SCALAR_START: 'a value that begins with a reserved character (put it in quotes)',
  BLOCK_AS_IMPLICIT_KEY: 'a value with a colon or a line of its own in the place of a key (put it in quotes)',
  DUPLICATE_KEY: 'a name that is given twice',
  MISSING_CHAR: 'a missing quote, bracket or space',
  MULTIPLE_DOCS: 'more than one document',
  TAB_AS_INDENT: 'a tab in the place of spaces',
  TAG_RESOLVE_FAILED: 'an unknown tag (a value that begins with ! belongs in quotes)',
}

/** Throws ParseError, also for what the library only warns of. */
export function parseYaml(text: string): unknown {
  const lineCounter = new LineCounter()
  const document = parseDocument(text, { lineCounter, logLevel: 'silent', prettyErrors: false })
  const placeOf = (position: number) => {
    const { line, col } = lineCounter.linePos(position)
    return { line, column: col }
  }
  const [mistake] = [...document.errors, ...document.warnings]
  if (mistake) {
    const words = YAML_MISTAKES[mistake.code] ?? mistake.code.toLowerCase().replaceAll('_', ' ')
    throw new ParseError(`not valid YAML: ${words}`, placeOf(mistake.pos[0]))
  }
  const alias = findLooseAlias(document)
  if (alias !== undefined) {
    const words = 'an alias without its anchor (a value that begins with * belongs in quotes)'
    throw new ParseError(`not valid YAML: ${words}`, placeOf(alias))
  }
  return document.toJS() as unknown
}

/** Returns where the first alias stands that names nothing, or undefined if each names something. */
function findLooseAlias(document: Document.Parsed): number | undefined {
  let position: number | undefined
  visit(document, {
    Alias: (_key, node) => {
      if (node.resolve(document) !== undefined) return undefined
      position = node.range?.[0] ?? 0
      return visit.BREAK
    },
  })
  return position
}

/** Throws ParseError. */
export function parseToml(text: string): unknown {
  try {
    return parseTomlText(text)
  } catch (error) {
    throw error instanceof TomlError ? new ParseError('not valid TOML', error) : error
  }
}

/** Throws ParseError; the place is known for some mistakes only. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch (error) {
    const [, line, column] = /\(line (\d+) column (\d+)\)$/.exec(error instanceof Error ? error.message : '') ?? []
    throw new ParseError(
      'not valid JSON',
      line === undefined ? undefined : { line: Number(line), column: Number(column) },
    )
  }
}
