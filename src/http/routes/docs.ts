import { unlessKnown } from '../conditions.ts'
import type { Route } from '../router.ts'
import { SiteFiles } from '../site-files.ts'
import { found, redirectTo } from './pages.ts'

export interface DocsOptions {
  /** The folder of the built site, see src/setup/site/. It need not exist. */
  readonly site: string
  /** A folder with `absent.html`, a page that says how the site is built. */
  readonly otherwise: string
}

const INDEX = 'index.html'
const ABSENT = 'absent.html'
const PAGE = { path: '/docs/', id: 'getDocs', summary: 'The documentation, for browsers.' }

/** Routes that serve the documentation at `/docs/`. */
export function docsRoutes(options: DocsOptions): readonly Route[] {
  const site = new SiteFiles(options.site)
  const otherwise = new SiteFiles(options.otherwise)
  const { path, ...about } = PAGE
  const operation = { conditions: ['if-none-match: etag'], answers: { 200: '*/*' }, errors: ['NOT_FOUND'] } as const
  return [
    redirectTo(PAGE),
    {
      method: 'GET',
      path,
      access: 'open',
      operation: { ...operation, ...about, answers: { 200: 'text/html' } },
      run: ({ header }) => {
        return unlessKnown(site.answer(INDEX) ?? found(otherwise, ABSENT), header('if-none-match'))
      },
    },
    {
      method: 'GET',
      path: '/docs/:file',
      access: 'open',
      operation: {
        ...operation,
        id: 'getDocsFile',
        summary: 'A file that the pages of the documentation share.',
        params: { file: 'FileName' },
      },
      run: ({ params, header }) => unlessKnown(found(site, params['file'] ?? ''), header('if-none-match')),
    },
    {
      method: 'GET',
      path: '/docs/:section/:file',
      access: 'open',
      operation: {
        ...operation,
        id: 'getDocsPage',
        summary: 'A page of the documentation.',
        params: { section: 'FileName', file: 'FileName' },
      },
      run: ({ params: { section = '', file = '' }, header }) => {
        return unlessKnown(found(site, `${section}/${file}`), header('if-none-match'))
      },
    },
  ]
}
