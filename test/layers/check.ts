import path from 'node:path'
import {
  ADAPTERS,
  BANNED,
  BANNED_IN_TESTS,
  LINES_MAX,
  MAY_IMPORT,
  PACKAGE_HOMES,
  PAGE_FILE,
  PAGE_FOLDERS,
  SUPPRESSION,
  SUPPRESSIONS_MAX,
  type BannedText,
} from './rules.ts'

/** The text of each file under its path from the repository's root, as in `src/base/clock.ts`. */
export type Sources = ReadonlyMap<string, string>

/** What breaks a rule, a line each. */
export function checkSources(sources: Sources): string[] {
  const found = [...sources].flatMap(([file, text]) => checkFile(file, text))
  const suppressions = [...sources.values()].flatMap((text) => text.match(SUPPRESSION) ?? []).length
  if (suppressions > SUPPRESSIONS_MAX) found.push(`src: ${suppressions} suppressed checks, over ${SUPPRESSIONS_MAX}`)
  return found
}

function checkFile(file: string, text: string): string[] {
  if (isWithin(file, PAGE_FOLDERS) && !PAGE_FILE.test(file))
    return [`${file}: the folder of a page holds pages, styles, pictures and sources in TypeScript only`]
  if (!/\.(?:ts|mts|js|mjs)$/.test(file)) return []
  const layer = layerOf(file)
  if (MAY_IMPORT[layer] === undefined) return [`${file}: ${layer} has no place in the table of layers`]
  const code = withoutComments(text)
  const lines = text.split('\n').length - 1
  return [
    ...(lines > LINES_MAX ? [`${file}: ${lines} lines, over ${LINES_MAX}`] : []),
    ...importsOf(code).flatMap((specifier) => checkImport(file, specifier) ?? []),
    ...bannedTexts(file, code, BANNED),
  ]
}

/** What in tests depends on the machine's speed, a line each. */
export function checkTests(sources: Sources): string[] {
  return [...sources].flatMap(([file, text]) => bannedTexts(file, withoutComments(text), BANNED_IN_TESTS))
}

function bannedTexts(file: string, code: string, banned: readonly BannedText[]): string[] {
  return banned
    .filter(({ pattern, except = [], within }) => {
      return (within === undefined || isWithin(file, within)) && !isWithin(file, except) && pattern.test(code)
    })
    .map(({ name }) => `${file}: holds ${name}`)
}

/** The folder of src, or for a file of src itself its name; the command line's entry belongs to its folder. */
export function layerOf(file: string): string {
  const [, first = '', ...rest] = file.split('/')
  if (rest.length > 0) return first
  return first === 'cli.ts' ? 'cli' : first
}

function isWithin(file: string, places: readonly string[]): boolean {
  return places.some((place) => (place.endsWith('/') ? file.startsWith(place) : file === place))
}

const COMMENT_OR_STRING = /(['"])(?:\\.|(?!\1)[^\\\n])*\1|`(?:\\.|[^\\`])*`|\/\/[^\n]*|\/\*[\s\S]*?\*\//g

/** What is left of a comment says that there was one: a catch block that gives its reason is not empty. */
export function withoutComments(text: string): string {
  return text.replace(COMMENT_OR_STRING, (match) => (match.startsWith('/') ? '/**/' : match))
}

/** Static, dynamic and side-effect imports, and files named for a thread or a process of their own. */
const IMPORT =
  /\b(?:from|import)\s*\(?\s*['"`]([^'"`\n]+)['"`]|\brequire(?:\.resolve)?\(\s*['"`]([^'"`\n]+)['"`]|\bnew URL\(\s*['"`]([^'"`\n]+)['"`],\s*import\.meta\.url|\bimport\.meta\.resolve\(\s*['"`]([^'"`\n]+)['"`]/g

export function importsOf(code: string): string[] {
  return [...code.matchAll(IMPORT)].map((match) => match.slice(1).find((group) => group !== undefined) ?? '')
}

function checkImport(file: string, specifier: string): string | undefined {
  if (specifier.startsWith('node:')) return undefined // a matter of the banned texts
  return specifier.startsWith('.') ? checkRelative(file, specifier) : checkPackage(file, specifier)
}

function checkRelative(file: string, specifier: string): string | undefined {
  const target = path.posix.join(path.posix.dirname(file), specifier)
  const [from, to] = [layerOf(file), layerOf(target)]
  if (!target.startsWith('src/')) return isCode(target) ? `${file}: imports ${target}, outside src` : undefined
  const adapter = ADAPTERS.places.find((place) => target.startsWith(place))
  if (adapter !== undefined && !file.startsWith(adapter) && !isWithin(file, ADAPTERS.mayName)) {
    return `${file}: names the adapter ${target}`
  }
  return from === to || MAY_IMPORT[from]?.includes(to) === true ? undefined : `${file}: ${from} must not import ${to}`
}

/** Files of the package that are data (goods, package.json) may be named. */
function isCode(target: string): boolean {
  return /\.[mc]?[jt]s$/.test(target)
}

function checkPackage(file: string, specifier: string): string | undefined {
  const name = specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/')
  const homes = PACKAGE_HOMES[name]
  if (homes === undefined) return `${file}: imports ${name}, which has no home`
  return isWithin(file, homes) ? undefined : `${file}: imports ${name}, whose home is ${homes.join(', ')}`
}
