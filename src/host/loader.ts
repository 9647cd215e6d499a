import { readFileSync, statSync } from 'node:fs'
import { registerHooks, stripTypeScriptTypes } from 'node:module'
import path from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { compileFunction } from 'node:vm'
import { besideUrl } from '../base/beside.ts'
import { toError } from '../base/assert.ts'
import { isScript, scriptsIn } from '../base/file-stamp.ts'
import { isAuthors } from '../base/own-code.ts'
import { shownPath } from '../base/shown-path.ts'
import { compileShapes } from '../games/sync/compiled-update.ts'
import { GameDefinitionError, isGame, type Game } from '../games/define.ts'
import type { GameSource, LoadedFile } from '../link/methods/host.ts'
import { authorPlace } from './author-place.ts'
import { LoadedFiles } from './loaded-files.ts'

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
export async function loadGames(paths: readonly string[]): Promise<ReadonlyMap<string, Game>> {
  const loaded = await loadAll(paths, '')
  sources = loaded.map(({ file, game: { name } }) => ({ name, file, code: files.codeOf(file) }))
  return gamesOf(loaded)
}

/** Added to the addresses of modules that are loaded a second time. */
const COPY = '?copy'

/**
 * Loads the same games again as other modules, so that what they keep outside of a state is their own. CommonJS files and
 * packages are not loaded again.
 */
export async function loadCopies(paths: readonly string[]): Promise<ReadonlyMap<string, Game>> {
  return gamesOf(await loadAll(paths, COPY))
}

function gamesOf(loaded: readonly Loaded[]): ReadonlyMap<string, Game> {
  return new Map(loaded.map(({ game }) => [game.name, game]))
}

async function loadAll(paths: readonly string[], suffix: string): Promise<readonly Loaded[]> {
  resolveGameImports()
  compileShapes((parameters, body): unknown => compileFunction(body, [...parameters]))
  const mistakes: string[] = []
  const loaded: Loaded[] = []
  for (const file of filesOf(paths, mistakes)) {
    const game = await load(file, suffix, mistakes)
    if (game) loaded.push({ file, game })
  }
  noteDoubles(loaded, mistakes)
  if (mistakes.length > 0) throw new GamesError(mistakes)
  return loaded
}

let isResolving = false
const files = new LoadedFiles()
let sources: readonly GameSource[] = []

/** Returns what `LoadedFiles` knows of all games that were loaded, or were to be. */
export function loadedFiles(): readonly LoadedFile[] {
  return files.all
}

/** Returns where the games are from that `loadGames` has loaded last. */
export function gameSources(): readonly GameSource[] {
  return sources
}

function resolveGameImports(): void {
  if (isResolving) return
  isResolving = true
  const { href: url } = besideUrl('../games/index', import.meta.url)
  registerHooks({
    resolve(specifier, context, next) {
      if (specifier === SPECIFIER) return { url, shortCircuit: true }
      // Note the file before it is resolved: if it is missing, somebody may create it later.
      if (specifier.startsWith('.') || specifier.startsWith('file:')) files.asked(new URL(specifier, context.parentURL))
      const resolved = next(specifier, context)
      files.found(resolved.url, context.parentURL)
      return context.parentURL?.endsWith(COPY) && isCopied(resolved)
        ? { ...resolved, url: resolved.url + COPY }
        : resolved
    },
  })
}

function isCopied({ url, format }: { readonly url: string; readonly format?: string | null | undefined }): boolean {
  return url.startsWith('file:') && format !== 'commonjs' && isScript(url) && isAuthors(fileURLToPath(url))
}

function filesOf(paths: readonly string[], mistakes: string[]): string[] {
  const scripts = paths.flatMap((place) => {
    const stat = statSync(place, { throwIfNoEntry: false })
    files.named(place)
    if (stat?.isDirectory()) return scriptsIn(place).map((name) => path.join(place, name))
    if (stat === undefined) mistakes.push(`GAMES: ${place}: there is no such file or folder`)
    else if (!isScript(place)) mistakes.push(`GAMES: ${place}: a game is a .ts, .js or .mjs file`)
    else return [place]
    return []
  })
  return [...new Set(scripts)]
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
  for (const script of [file, ...files.all.map((each) => each.file).reverse()].filter(isFile)) {
    try {
      stripTypeScriptTypes(readFileSync(script, 'utf8'), { sourceUrl: pathToFileURL(script).href })
    } catch (error) {
      return authorPlace(error)
    }
  }
  return undefined
}

function noteDoubles(loaded: readonly Loaded[], mistakes: string[]): void {
  const places = new Map<string, string>()
  for (const { file, game } of loaded) {
    const other = places.get(game.name)
    if (other !== undefined) mistakes.push(`${shownPath(file)}: the game "${game.name}" is in ${shownPath(other)}, too`)
    places.set(game.name, file)
  }
}
