import { readdirSync, readFileSync } from 'node:fs'
import { extname, join } from 'node:path'
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

/** The console: `/`, and its files under `/console/`. Read once. */
export function consoleRoutes(options: { readonly folder: string; readonly apiPathPrefix: string }): readonly Route[] {
  const files = readdirSync(options.folder).filter((name) => extname(name) in TYPES)
  return files.map((name) => {
    const isPage = name === 'index.html'
    const content = readFileSync(join(options.folder, name), 'utf8')
    const body = isPage ? content.replace(PREFIX_IN_PAGE, `content="${options.apiPathPrefix}"`) : content
    const answer: HttpAnswer = { status: 200, headers: headersOf(name), body }
    return { method: 'GET', path: isPage ? '/' : `/console/${name}`, access: 'open', run: () => answer }
  })
}

function headersOf(name: string): Record<string, string> {
  return {
    'content-type': TYPES[extname(name)] ?? 'application/octet-stream',
    'content-security-policy': CONTENT_SECURITY_POLICY,
    'cache-control': 'no-cache',
    ...SECURITY_HEADERS,
  }
}
