import { Refusal } from '../protocol/errors.ts'
import type { Headers } from './request-head.ts'

/**
 * What a page in a sandboxed frame or opened from a file sends, as do some games that are wrapped as an app. Anybody can be
 * that, so it is allowed only where it is listed by this name.
 */
const OPAQUE_ORIGIN = 'null'
/** Characters of an origin that are said back. */
const ORIGIN_SHOWN_MAX = 200

export interface OriginPolicy {
  /** @param origin the Origin header as sent @param host the Host header as sent */
  allows(origin: string, host: string): boolean
}

/**
 * Whose pages may open sockets: those listed (`scheme://host[:port]`, `null`, or `*` for everybody's but `null`) and the server's own, under
 * either scheme, as TLS may end at a proxy. Compared whole, after normalising: no prefixes, no suffixes.
 * Throws on an entry that is not an origin.
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
 * What the server is called by its own pages, as `host[:port]`: the Host header and, if a trusted proxy sent it, what that was
 * asked for. Many proxies send a Host without the port.
 */
export function ownHosts(headers: Headers, isProxied: boolean): readonly string[] {
  const host = headers.one('host') ?? ''
  if (!isProxied) return [host]
  // What stands last was written by the proxy that is trusted.
  const forwarded = headers.list('x-forwarded-host').at(-1) ?? host
  const port = headers.list('x-forwarded-port').at(-1)
  const hosts = [host, forwarded]
  if (port !== undefined && !/:\d+$/.test(forwarded)) hosts.push(`${forwarded}:${port}`)
  return [...new Set(hosts)]
}

/** No Origin: not a browser, which nobody can lead to us with somebody else's rights. */
export function checkOrigin(headers: Headers, origins: OriginPolicy, isProxied: boolean): void {
  const origin = headers.one('origin')
  if (origin === undefined) return
  const hosts = ownHosts(headers, isProxied)
  if (hosts.some((host) => origins.allows(origin, host))) return
  const shown = origin.slice(0, ORIGIN_SHOWN_MAX)
  const message = `pages of ${shown} may not connect: it is not listed, and this server is called ${hosts.join(' or ')} here`
  throw new Refusal('ORIGIN_FORBIDDEN', message, { origin: shown, hosts })
}

/** What lets a page of an allowed origin read an answer. Caches are always told that the answer depends on the origin. */
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

/** Returns `scheme://host[:port]` in lower case, without the scheme's own port; undefined for anything else, also with a path. */
export function normaliseOrigin(text: string): string | undefined {
  const [, scheme, authority] = /^([a-z][a-z0-9+.-]*):\/\/([^\s/\\?#@]+)$/i.exec(text) ?? []
  if (scheme === undefined || authority === undefined) return undefined
  // Only for these does URL know host and default port; app schemes are compared as text.
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
