import { checkOrigin, corsHeaders, type OriginPolicy } from './origin.ts'
import type { Headers } from './request-head.ts'

/** How many seconds a browser may remember the answer. */
const MAX_AGE = '600'
/** A token, RFC 9110 section 5.6.2. */
const HEADER_NAME = /^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$/

/**
 * Answers a preflight: the OPTIONS request by which a browser asks whether a page may send a request with a header such as
 * `authorization` to another origin. Returns the headers of the 204, which allows whatever request headers the page wants.
 * Returns undefined if the request is no preflight. Throws ORIGIN_FORBIDDEN.
 *
 * @param methods the methods that pages may use there, as in `GET, POST`
 * @param isProxied whether a trusted proxy sent it
 */
export function preflightHeaders(
  method: string,
  headers: Headers,
  {
    origins,
    methods,
    isProxied,
  }: { readonly origins: OriginPolicy; readonly methods: string; readonly isProxied: boolean },
): Readonly<Record<string, string>> | undefined {
  if (method !== 'OPTIONS' || headers.all('origin').length === 0) return undefined
  checkOrigin(headers, origins, isProxied)
  const wanted = headers.list('access-control-request-headers')
  const isWellFormed = wanted.length > 0 && wanted.every((name) => HEADER_NAME.test(name))
  return {
    ...corsHeaders(origins, headers),
    'access-control-allow-methods': methods,
    ...(isWellFormed ? { 'access-control-allow-headers': wanted.join(', ') } : {}),
    'access-control-max-age': MAX_AGE,
    vary: 'origin, access-control-request-headers',
  }
}
