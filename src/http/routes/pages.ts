import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Refusal } from '../../protocol/errors.ts'
import { BrowserFiles, readFolder, stampOfFolder } from '../browser-files.ts'
import { unlessKnown } from '../conditions.ts'
import { SECURITY_HEADERS, type HttpAnswer } from '../http.ts'
import type { Operation } from '../operation.ts'
import type { Route } from '../router.ts'

/**
 * Folders that browsers get under the same names as here, so that an import from one folder to another works in both places. A
 * page is the `index.html` of its folder, served at `page`.
 */
const FOLDERS: readonly Folder[] = [
  {
    name: 'console',
    file: { id: 'getConsoleFile', summary: 'A file of the console.' },
    page: { path: '/', id: 'getConsole', summary: 'The console, for browsers.' },
  },
  {
    name: 'client',
    file: { id: 'getClientFile', summary: 'A module of the client library, for pages of this server.' },
  },
  { name: 'protocol', file: { id: 'getProtocolFile', summary: 'A module that the client library imports.' } },
  { name: 'games', file: { id: 'getGamesFile', summary: 'A module of games that the client library imports.' } },
  { name: 'games/sync', file: { id: 'getSyncFile', summary: 'A module of patches that the client library imports.' } },
]

/** The pages of the samples, and the modules of games that they import. */
const OF_SAMPLES: readonly Folder[] = [
  {
    name: 'play',
    file: { id: 'getPlayFile', summary: 'A file that the pages of the samples share.' },
    page: { path: '/play/', id: 'getPlay', summary: 'The samples, to be played in browsers.' },
  },
  {
    name: 'play/arena',
    file: { id: 'getArenaFile', summary: 'A file of the page of the sample arena.' },
    page: { path: '/play/arena/', id: 'getArena', summary: 'The sample arena, to be played in browsers.' },
  },
  {
    name: 'play/tictactoe',
    file: { id: 'getTictactoeFile', summary: 'A file of the page of the sample tictactoe.' },
    page: { path: '/play/tictactoe/', id: 'getTictactoe', summary: 'The sample tictactoe, to be played in browsers.' },
  },
  { name: 'samples', file: { id: 'getSampleFile', summary: 'A sample, as its page imports it.' } },
]

interface Folder {
  readonly name: string
  readonly file: Pick<Operation, 'id' | 'summary'>
  readonly page?: Page
}

/** `path` ends in a slash. */
type Page = Pick<Operation, 'id' | 'summary'> & { readonly path: string }

const PAGE = 'index.html'
/** As the console's page contains it. */
const LINK_TO_DOCS = '<a class="docs" href="docs/">Docs</a>'
const SIGN_IN_OFF = '<meta name="sign-in" content="off" />'
const PREFIX_IN_PAGE = 'content="/core/game/v1/real-time"'

/** Files of the package uplot, by the names that they have in the console's folder. */
const OF_UPLOT = {
  'uplot.js': import.meta.resolve('uplot/dist/uPlot.esm.js'),
  'uplot.css': import.meta.resolve('uplot/dist/uPlot.min.css'),
} as const
const IMPORTED_UPLOT = "from 'uplot'"

export interface PagesOptions {
  /** The folder of the sources, or of what was built from them. */
  readonly root: string
  readonly apiPathPrefix: string
  /** Whether the samples can be played. */
  readonly hasSamples: boolean
  /** Whether the console has a link to `/docs/`. */
  readonly hasDocs: boolean
  /** Whether the console offers to sign in with one click. */
  readonly hasSignIn: boolean
  /** Folders of game authors, served at `/play/NAME/`. */
  readonly gamePages: readonly { readonly name: string; readonly folder: string }[]
}

/** Routes of the console at `/`, of the samples and authors' pages at `/play/`, and of the modules that pages import. */
export function pageRoutes(options: PagesOptions): readonly Route[] {
  const edit = (text: string) => {
    return text
      .replace(PREFIX_IN_PAGE, `content="${options.apiPathPrefix}"`)
      .replace(IMPORTED_UPLOT, "from './uplot.js'")
      .replace(SIGN_IN_OFF, options.hasSignIn ? SIGN_IN_OFF.replace('off', 'offered') : SIGN_IN_OFF)
      .replace(LINK_TO_DOCS, options.hasDocs ? LINK_TO_DOCS : '')
  }
  const folders = options.hasSamples ? [...FOLDERS, ...OF_SAMPLES] : FOLDERS
  // Redirects come first, because their paths also fit the route for files of the folder above.
  const redirects = folders.flatMap(({ page }) => (page === undefined || page.path === '/' ? [] : [redirectTo(page)]))
  const files = folders.flatMap((folder) => {
    const texts = readFolder(join(options.root, folder.name))
    if (folder.name === 'console') {
      for (const [name, url] of Object.entries(OF_UPLOT)) texts.set(name, readFileSync(fileURLToPath(url), 'utf8'))
    }
    return folderRoutes(folder, new BrowserFiles(texts, edit))
  })
  const others = options.gamePages.filter(({ name }) => !folders.some((folder) => folder.name === `play/${name}`))
  return [...others.flatMap((page) => authorsRoutes(page, edit)), ...redirects, ...files]
}

/** The page of a game author. Its files are read again whenever one of them was written. */
function authorsRoutes(
  { name, folder }: PagesOptions['gamePages'][number],
  edit: (text: string) => string,
): readonly Route[] {
  const page = { path: `/play/${name}/`, id: 'getGamePage', summary: `The page of the game ${name}.` }
  const file = { id: 'getGameFile', summary: `A file of the page of the game ${name}.` }
  let read: { readonly stamp: string; readonly files: BrowserFiles } | undefined
  const answer = (asked: string) => {
    if (!existsSync(folder)) return undefined
    const stamp = stampOfFolder(folder)
    if (read?.stamp !== stamp) read = { stamp, files: new BrowserFiles(readFolder(folder), edit) }
    return read.files.answer(asked)
  }
  return [redirectTo(page), ...folderRoutes({ name: `play/${name}`, file, page }, { answer })]
}

/**
 * Redirects from the page's path without its trailing slash. The address is relative, because a proxy may serve this server below
 * a path.
 */
export function redirectTo({ path, id }: Page): Route {
  const bare = path.slice(0, -1)
  const location = `${bare.slice(bare.lastIndexOf('/') + 1)}/`
  return {
    method: 'GET',
    path: bare,
    access: 'open',
    operation: { id: `${id}Redirect`, summary: `To ${path}.`, answers: { 308: null } },
    run: () => ({ status: 308, headers: { location, 'cache-control': 'no-cache', ...SECURITY_HEADERS }, body: '' }),
  }
}

function folderRoutes({ name, file, page }: Folder, files: Pick<BrowserFiles, 'answer'>): readonly Route[] {
  const operation = { conditions: ['if-none-match: etag'] } as const
  const ofFile: Route = {
    method: 'GET',
    path: `/${name}/:file`,
    access: 'open',
    operation: {
      ...file,
      ...operation,
      params: { file: 'FileName' },
      answers: { 200: '*/*' },
      errors: ['NOT_FOUND'],
    },
    run: ({ params, header }) => unlessKnown(found(files, params['file'] ?? ''), header('if-none-match')),
  }
  if (page === undefined) return [ofFile]
  const { path, ...about } = page
  const ofPage: Route = {
    method: 'GET',
    path,
    access: 'open',
    operation: { ...about, ...operation, answers: { 200: 'text/html' } },
    run: ({ header }) => unlessKnown(found(files, PAGE), header('if-none-match')),
  }
  return [ofPage, ofFile]
}

/** Throws NOT_FOUND if there is no such file. */
export function found(files: Pick<BrowserFiles, 'answer'>, name: string): HttpAnswer {
  const answer = files.answer(name)
  if (!answer) throw new Refusal('NOT_FOUND', 'no such path')
  return answer
}
