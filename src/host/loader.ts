import { readFileSync, statSync } from 'node:fs'
import { registerHooks, stripTypeScriptTypes } from 'node:module'
import path from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { compileFunction } from 'node:vm'
import { besideUrl } from '../base/beside.ts'
import { toError } from '../base/assert.ts'
import { fileStamp, isScript, scriptsIn } from '../base/file-stamp.ts'
import { isAuthors } from '../base/own-code.ts'
import { shownPath } from '../base/shown-path.ts'
import { compileShapes } from '../games/sync/compiled-update.ts'
import { GameDefinitionError, isGame, type Game } from '../games/define.ts'
import type { LoadedFile } from '../link/methods/host.ts'
import { authorPlace } from './author-place.ts'

/** Lists everything that is wrong with the games that were to be loaded. */
export class GamesError extends Error {
  override readonly name = 'GamesError'
  readonly mistakes: readonly string[]

  constructor(mistakes: readonly string[]) {
    super(mistakes.join('\n'))
    this.mistakes = mistakes
  }
}

/** The name under which a game imports Drumbeat. */
const SPECIFIER = 'drumbeat/game'

interface Loaded {
  readonly file: string
  readonly game: Game
}

/**
 * Loads games. Returns them by name. Their imports of `drumbeat/game` lead to this Drumbeat, wherever the files of the games are.
 */
export function loadGames(paths: readonly string[]): Promise<ReadonlyMap<string, Game>> {
  return loadAll(paths, '')
}

/** Added to the addresses of modules that are loaded a second time. */
const COPY = '?copy'

/**
 * Loads the same games again as other modules, so that what they keep outside of a state is their own. CommonJS files and
 * packages are not loaded again.
 */
export function loadCopies(paths: readonly string[]): Promise<ReadonlyMap<string, Game>> {
  return loadAll(paths, COPY)
}

async function loadAll(paths: readonly string[], suffix: string): Promise<ReadonlyMap<string, Game>> {
  resolveGameImports()
  compileShapes((parameters, body): unknown => compileFunction(body, [...parameters]))
  const mistakes: string[] = []
  const loaded: Loaded[] = []
  for (const file of filesOf(paths, mistakes)) {
    const game = await load(file, suffix, mistakes)
    if (game) loaded.push({ file, game })
  }
  const games = byName(loaded, mistakes)
  if (mistakes.length > 0) throw new GamesError(mistakes)
  return games
}

let isResolving = false
const seen = new Map<string, string>()

/**
 * Returns the files and folders that games were loaded from, or were to be, and the files that they import. Packages and Drumbeat
 * itself are left out.
 */
export function loadedFiles(): readonly LoadedFile[] {
  return Array.from(seen, ([file, stamp]) => ({ file, stamp }))
}

function resolveGameImports(): void {
  if (isResolving) return
  isResolving = true
  const { href: url } = besideUrl('../games/index', import.meta.url)
  registerHooks({
    resolve(specifier, context, next) {
      if (specifier === SPECIFIER) return { url, shortCircuit: true }
      // Note the file before it is resolved: if it is missing, somebody may create it later.
      if (specifier.startsWith('.') || specifier.startsWith('file:')) note(new URL(specifier, context.parentURL))
      const resolved = next(specifier, context)
      return context.parentURL?.endsWith(COPY) && isCopied(resolved)
        ? { ...resolved, url: resolved.url + COPY }
        : resolved
    },
  })
}

function isCopied({ url, format }: { readonly url: string; readonly format?: string | null | undefined }): boolean {
  return url.startsWith('file:') && format !== 'commonjs' && isScript(url) && isAuthors(fileURLToPath(url))
}

function note({ href, protocol }: URL): void {
  if (protocol !== 'file:') return
  const file = fileURLToPath(href)
  if (isAuthors(file) && !seen.has(file)) seen.set(file, fileStamp(file))
}

function filesOf(paths: readonly string[], mistakes: string[]): string[] {
  const files = paths.flatMap((place) => {
    const stat = statSync(place, { throwIfNoEntry: false })
    seen.set(place, fileStamp(place))
    if (stat?.isDirectory()) return scriptsIn(place).map((name) => path.join(place, name))
    if (stat === undefined) mistakes.push(`GAMES: ${place}: there is no such file or folder`)
    else if (!isScript(place)) mistakes.push(`GAMES: ${place}: a game is a .ts, .js or .mjs file`)
    else return [place]
    return []
  })
  return [...new Set(files)]
}

async function load(file: string, suffix: string, mistakes: string[]): Promise<Game | undefined> {
  try {
    const module = (await import(pathToFileURL(file).href + suffix)) as { readonly default?: unknown }
    if (isGame(module.default)) return module.default
    const what = 'default' in module ? 'its default export is no game' : 'it has no default export'
    mistakes.push(`${shownPath(file)}: ${what}: export default defineGame({ … }), of ${SPECIFIER}`)
  } catch (thrown) {
    mistakes.push(describe(file, thrown))
  }
  return undefined
}

/**
 * Says where something went wrong, which may be in a file that the game imports, and what. Each mistake of a definition is a line
 * of its own.
 */
function describe(file: string, thrown: unknown): string {
  const error = toError(thrown)
  const what = error instanceof GameDefinitionError ? error.message : `${error.name}: ${error.message}`
  const place = authorPlace(error) ?? (error instanceof SyntaxError ? placeOfSyntax(file) : undefined)
  return `${place ?? shownPath(file)}: ${what}`
}

/**
 * Returns the place of a syntax error in JavaScript. Node does not tell it, but its parser for TypeScript does. The files that
 * were imported last are tried first.
 */
function placeOfSyntax(file: string): string | undefined {
  const isFile = (place: string) => statSync(place, { throwIfNoEntry: false })?.isFile()
  for (const script of [file, ...[...seen.keys()].reverse()].filter(isFile)) {
    try {
      stripTypeScriptTypes(readFileSync(script, 'utf8'), { sourceUrl: pathToFileURL(script).href })
    } catch (error) {
      return authorPlace(error)
    }
  }
  return undefined
}

function byName(loaded: readonly Loaded[], mistakes: string[]): ReadonlyMap<string, Game> {
  const files = new Map<string, string>()
  const games = new Map<string, Game>()
  for (const { file, game } of loaded) {
    const other = files.get(game.name)
    if (other !== undefined) mistakes.push(`${shownPath(file)}: the game "${game.name}" is in ${shownPath(other)}, too`)
    files.set(game.name, file)
    games.set(game.name, game)
  }
  return games
}
