import { isIP } from 'node:net'
import { Refusal } from '../protocol/errors.ts'
import { createProxyTrust, isLoopback, normaliseAddress } from './address.ts'

export interface HostOptions {
  /** ALLOWED_HOSTS: names, `*.example.com`, addresses, or `*` for any. Undefined if it is not set. */
  readonly allowed: readonly string[] | undefined
  /** The address or name on which the port listens. */
  readonly listensOn: string
  /** Addresses and CIDR ranges. */
  readonly trustedProxies: readonly string[]
}

const MISDIRECTED = 421

/** RFC 9110 section 15.5.20: the request was sent to a name that this server does not serve. */
export class Misdirected extends Refusal {
  constructor(host: string) {
    const message =
      `this server does not answer to ${host}: list the name in ALLOWED_HOSTS, ` +
      'or the proxy that passed it on in TRUSTED_PROXIES'
    super('FORBIDDEN', message, { host, setting: 'ALLOWED_HOSTS' })
  }

  override get status(): number {
    return MISDIRECTED
  }
}

/**
 * Returns a function that decides whether a request with this Host header is for this server. This prevents DNS rebinding: the
 * owner of any name can make it resolve to an address that the visitor's machine can reach, such as 127.0.0.1, and a page of that
 * name is then of the same origin as this server. But the browser still sends the page's name as Host.
 *
 * The names of loopback and all addresses are always served, because such a page has a name. By default, a port on loopback
 * serves no other names, except to a trusted proxy, which has chosen what it forwards. A port that others can reach serves any
 * name. A list replaces both defaults.
 */
export function createHostPolicy({ allowed, listensOn, trustedProxies }: HostOptions) {
  const proxies = createProxyTrust(trustedProxies)
  const isLocal = isLoopbackName(hostName(listensOn))
  const isAny = allowed === undefined ? !isLocal : allowed.includes('*')
  const names = new Set(allowed?.map(hostName))
  const suffixes = [...names].filter((name) => name.startsWith('*.')).map((name) => name.slice(1))
  return (host: string, remoteAddress: string): boolean => {
    if (isAny) return true
    const name = hostName(host)
    if (isLoopbackName(name) || names.has(name) || suffixes.some((suffix) => name.endsWith(suffix))) return true
    if (isIP(name) !== 0) return true
    return allowed === undefined && proxies.trusts(normaliseAddress(remoteAddress) ?? '')
  }
}

/**
 * Takes `name`, `name:port`, `address` or `[address]:port`. Returns the name or address in lower case, without brackets and
 * without a trailing dot.
 */
function hostName(host: string): string {
  const text = host.toLowerCase()
  if (isIP(text) !== 0) return normaliseAddress(text) ?? text
  const [, bracketed, plain = ''] = /^(?:\[([^\]]*)\]|([^:]*))(?::\d*)?$/.exec(text) ?? []
  const name = bracketed ?? plain.replace(/\.$/, '')
  return normaliseAddress(name) ?? name
}

/** Browsers resolve all names below `localhost` to loopback themselves. */
function isLoopbackName(name: string): boolean {
  return name === 'localhost' || name.endsWith('.localhost') || isLoopback(name)
}
