import { TomlError, parse as parseTomlText } from 'smol-toml'
import { LineCounter, parseDocument, visit, type Document, type ErrorCode } from 'yaml'

/**
 * Thrown if a text does not parse. The message names the place and quotes nothing of the text, which may hold a secret. The
 * messages of the libraries quote it, so they are not used.
 */
export class ParseError extends Error {
  override readonly name = 'ParseError'

  constructor(mistake: string, place?: { readonly line: number; readonly column: number }) {
    super(place === undefined ? mistake : `${mistake} at line ${place.line}, column ${place.column}`)
  }
}

/** Messages for the most common mistakes. The message for others is the code of the library. */
const YAML_MISTAKES: Readonly<Partial<Record<ErrorCode, string>>> = {
  BAD_SCALAR_START: 'a value that begins with a reserved character (put it in quotes)',
  BLOCK_AS_IMPLICIT_KEY: 'a value with a colon or on a line of its own, where a key is expected (put it in quotes)',
  DUPLICATE_KEY: 'a name that is given twice',
  MISSING_CHAR: 'a missing quote, bracket or space',
  MULTIPLE_DOCS: 'more than one document',
  TAB_AS_INDENT: 'a tab instead of spaces',
  TAG_RESOLVE_FAILED: 'an unknown tag (a value that begins with ! belongs in quotes)',
}

/** Throws ParseError, also for mistakes that the library only warns of. */
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

/** Returns the position of the first alias without an anchor, or undefined if each alias has one. */
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

/** Throws ParseError. It has a place for some mistakes only. */
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
