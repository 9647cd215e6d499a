import { readdirSync, readFileSync } from 'node:fs'
import { extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Refusal } from '../../protocol/errors.ts'
import { SECURITY_HEADERS, type HttpAnswer } from '../http.ts'
import type { Route } from '../router.ts'

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
}

/** Scripts and styles of our own only, and nothing inline. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self' ws: wss:",
  "img-src 'self' data:",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
].join('; ')

const PREFIX_IN_PAGE = 'content="/core/game/v1/real-time"'

/** Of the package, by the name that the page asks for. */
const OF_UPLOT = {
  'uplot.js': import.meta.resolve('uplot/dist/uPlot.esm.js'),
  'uplot.css': import.meta.resolve('uplot/dist/uPlot.min.css'),
} as const

/** The console: `/`, and its files under `/console/`. Read once. */
export function consoleRoutes(options: { readonly folder: string; readonly apiPathPrefix: string }): readonly Route[] {
  const names = readdirSync(options.folder).filter((name) => extname(name) in TYPES)
  const read = (name: string) => readFileSync(join(options.folder, name), 'utf8')
  const page = toAnswer(PAGE, read(PAGE).replace(PREFIX_IN_PAGE, `content="${options.apiPathPrefix}"`))
  const files = new Map(names.filter((name) => name !== PAGE).map((name) => [name, toAnswer(name, read(name))]))
  for (const [name, url] of Object.entries(OF_UPLOT)) {
    files.set(name, toAnswer(name, readFileSync(fileURLToPath(url), 'utf8')))
  }
  return [
    {
      method: 'GET',
      path: '/',
      access: 'open',
      operation: { id: 'getConsole', summary: 'The console, for browsers.', answers: { 200: 'text/html' } },
      run: () => page,
    },
    {
      method: 'GET',
      path: '/console/:file',
      access: 'open',
      operation: {
        id: 'getConsoleFile',
        summary: 'A file of the console.',
        params: { file: 'FileName' },
        answers: { 200: '*/*' },
        errors: ['NOT_FOUND'],
      },
      run: ({ params }) => {
        const answer = files.get(params['file'] ?? '')
        if (!answer) throw new Refusal('NOT_FOUND', 'no such path')
        return answer
      },
    },
  ]
}

const PAGE = 'index.html'

function toAnswer(name: string, body: string): HttpAnswer {
  return { status: 200, headers: headersOf(name), body }
}

function headersOf(name: string): Record<string, string> {
  return {
    'content-type': TYPES[extname(name)] ?? 'application/octet-stream',
    'content-security-policy': CONTENT_SECURITY_POLICY,
    'cache-control': 'no-cache',
    ...SECURITY_HEADERS,
  }
}
