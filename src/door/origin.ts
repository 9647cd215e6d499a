import { Refusal } from '../protocol/errors.ts'
import type { Headers } from './request-head.ts'

/**
 * The origin of pages in sandboxed frames and of pages opened from files, also of some games that are wrapped as an app. Anybody
 * can have this origin, so it is allowed only if it is listed by this name.
 */
const OPAQUE_ORIGIN = 'null'
/** How many characters of an origin are repeated in the refusal. */
const ORIGIN_SHOWN_MAX = 200

export interface OriginPolicy {
  /**
   * @param origin the Origin header as sent
   * @param host the Host header as sent
   */
  allows(origin: string, host: string): boolean
}

/**
 * Decides whose pages may open sockets: the listed origins (`scheme://host[:port]`, `null`, or `*` for all but `null`) and the
 * server's own, under http and https, because TLS may end at a proxy. Normalised origins are compared as a whole, never by prefix
 * or suffix. Throws TypeError on an entry that is not an origin.
 */
export function createOriginPolicy(allowedOrigins: readonly string[]): OriginPolicy {
  const isOpen = allowedOrigins.includes('*')
  const allowed = new Set(allowedOrigins.filter((entry) => entry !== '*').map(requireOrigin))
  return {
    allows: (origin, host) => {
      if (origin === OPAQUE_ORIGIN) return allowed.has(OPAQUE_ORIGIN)
      if (origin === '') return false
      if (isOpen) return true
      const normalised = normaliseOrigin(origin)
      return normalised !== undefined && (allowed.has(normalised) || isOwn(normalised, host))
    },
  }
}

/**
 * The names by which the server's own pages know it, as `host[:port]`: the Host header and, behind a trusted proxy, the host that
 * the proxy was asked for. Many proxies send a Host without the port.
 */
export function ownHosts(headers: Headers, isProxied: boolean): readonly string[] {
  const host = headers.one('host') ?? ''
  if (!isProxied) return [host]
  // The last value was written by the trusted proxy itself.
  const forwarded = headers.list('x-forwarded-host').at(-1) ?? host
  const port = headers.list('x-forwarded-port').at(-1)
  const hosts = [host, forwarded]
  if (port !== undefined && !/:\d+$/.test(forwarded)) hosts.push(`${forwarded}:${port}`)
  return [...new Set(hosts)]
}

/**
 * Throws ORIGIN_FORBIDDEN. A request without Origin passes: it is not from a browser, so no page can misuse somebody's rights
 * with it.
 */
export function checkOrigin(headers: Headers, origins: OriginPolicy, isProxied: boolean): void {
  const origin = headers.one('origin')
  if (origin === undefined) return
  const hosts = ownHosts(headers, isProxied)
  if (hosts.some((host) => origins.allows(origin, host))) return
  const shown = origin.slice(0, ORIGIN_SHOWN_MAX)
  const message = `pages of ${shown} may not connect: ALLOWED_ORIGINS does not list it, and here this server is ${hosts.join(' or ')}`
  throw new Refusal('ORIGIN_FORBIDDEN', message, { origin: shown, hosts })
}

/**
 * Returns the headers that let a page of an allowed origin read an answer. Caches are always told that the answer depends on the
 * origin.
 */
export function corsHeaders(origins: OriginPolicy, headers: Headers): Readonly<Record<string, string>> {
  const [origin] = headers.all('origin')
  if (origin === undefined || !origins.allows(origin, headers.all('host')[0] ?? '')) return { vary: 'origin' }
  return {
    'access-control-allow-origin': origin,
    'access-control-allow-credentials': 'true',
    'access-control-expose-headers': 'etag, retry-after',
    vary: 'origin',
  }
}

/**
 * Returns `scheme://host[:port]` in lower case, without the default port of the scheme. Returns undefined for anything else, also
 * for a text with a path.
 */
export function normaliseOrigin(text: string): string | undefined {
  const [, scheme, authority] = /^([a-z][a-z0-9+.-]*):\/\/([^\s/\\?#@]+)$/i.exec(text) ?? []
  if (scheme === undefined || authority === undefined) return undefined
  // URL knows host and default port only for http and https. The schemes of apps are compared as text.
  if (!/^https?$/i.test(scheme)) return text.toLowerCase()
  return URL.parse(text)?.origin
}

function isOwn(origin: string, host: string): boolean {
  return origin === normaliseOrigin(`http://${host}`) || origin === normaliseOrigin(`https://${host}`)
}

function requireOrigin(entry: string): string {
  if (entry === OPAQUE_ORIGIN) return entry
  const origin = normaliseOrigin(entry)
  if (origin === undefined) throw new TypeError(`not an origin: ${entry}`)
  return origin
}
