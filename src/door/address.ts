import { BlockList, isIPv4, isIPv6 } from 'node:net'

/** Stands for a peer whose address the socket no longer knows. All such peers share one limit. */
export const UNKNOWN_ADDRESS = 'unknown'

/**
 * Returns the one spelling of an address: dotted for IPv4, also if it was mapped into IPv6, otherwise IPv6 as in RFC 5952. A zone
 * id is cut off. Returns undefined if `text` is not an address.
 */
export function normaliseAddress(text: string): string | undefined {
  if (isIPv4(text)) return text
  const groups = parseIPv6(text)
  if (!groups) return undefined
  return mappedIPv4(groups) ?? formatIPv6(groups)
}

/**
 * The key by which limits count a normalised address: the address itself for IPv4, its /64 for IPv6, because one subscriber has a
 * whole /64.
 */
export function addressKey(address: string): string {
  if (!isIPv6(address) || isLoopback(address)) return address
  const groups = parseIPv6(address)
  return groups ? `${formatIPv6([...groups.slice(0, 4), 0, 0, 0, 0])}/64` : address
}

/** @param address normalised, or a key made from it */
export function isLoopback(address: string): boolean {
  return address === '::1' || (address.startsWith('127.') && isIPv4(address))
}

export interface ProxyTrust {
  /** @param address normalised */
  trusts(address: string): boolean
}

/** @param list addresses and CIDR ranges; throws TypeError for anything else */
export function createProxyTrust(list: readonly string[]): ProxyTrust {
  const trusted = new BlockList()
  for (const entry of list) addRange(trusted, entry)
  return {
    trusts: (address) =>
      isIPv4(address) ? trusted.check(address, 'ipv4') : isIPv6(address) && trusted.check(address, 'ipv6'),
  }
}

/**
 * Finds the address of the client itself. Each trusted proxy appends the peer it saw to X-Forwarded-For, so the rightmost entry
 * that is not a trusted proxy is the last one that cannot be forged. If an entry is not an address, nothing to its left can be
 * trusted, and the client is unknown. The proxy's own address is not returned then, because limits must not count the proxy.
 * @param peer normalised
 * @param forwardedFor the header's values in the order received
 */
export function clientAddress(peer: string, forwardedFor: readonly string[], trust: ProxyTrust): string {
  let address = peer
  const text = forwardedFor.join(',').trim()
  const hops = text === '' ? [] : text.split(',')
  while (hops.length > 0 && trust.trusts(address)) {
    const hop = normaliseAddress(withoutPort((hops.pop() ?? '').trim()))
    if (hop === undefined) return UNKNOWN_ADDRESS
    address = hop
  }
  return address
}

function addRange(trusted: BlockList, entry: string): void {
  const [range = '', prefix, ...rest] = entry.split('/')
  const address = normaliseAddress(range)
  const isMapped = isIPv6(range) && address !== undefined && isIPv4(address)
  if (address === undefined || rest.length > 0 || (prefix !== undefined && !/^\d{1,3}$/.test(prefix))) {
    throw new TypeError(`not an IP address or CIDR range: ${entry}`)
  }
  const family = isIPv4(address) ? 'ipv4' : 'ipv6'
  if (prefix === undefined) trusted.addAddress(address, family)
  else trusted.addSubnet(address, Number(prefix) - (isMapped ? 96 : 0), family)
}

/** Some proxies write `192.0.2.1:4711` and `[2001:db8::1]:4711`. */
function withoutPort(hop: string): string {
  const [, bracketed, dotted] = /^(?:\[([^\]]*)\](?::\d+)?|([\d.]+):\d+)$/.exec(hop) ?? []
  return bracketed ?? dotted ?? hop
}

/** Returns the eight 16-bit groups. */
function parseIPv6(text: string): number[] | undefined {
  if (!isIPv6(text)) return undefined
  const [address = ''] = text.split('%')
  const [head = '', tail] = address.split('::')
  const left = parseGroups(head)
  if (tail === undefined) return left
  const right = parseGroups(tail)
  return [...left, ...Array.from({ length: 8 - left.length - right.length }, () => 0), ...right]
}

function parseGroups(text: string): number[] {
  return text === ''
    ? []
    : text.split(':').flatMap((group) => (group.includes('.') ? parseDotted(group) : [parseInt(group, 16)]))
}

/** Parses the last 32 bits, which may be written as IPv4. */
function parseDotted(text: string): number[] {
  const [a = 0, b = 0, c = 0, d = 0] = text.split('.').map(Number)
  return [a * 256 + b, c * 256 + d]
}

/** Returns the IPv4 address in ::ffff:0:0/96, which is how a dual-stack socket shows an IPv4 peer. */
function mappedIPv4(groups: readonly number[]): string | undefined {
  const [high = 0, low = 0] = groups.slice(6)
  if (groups[5] !== 0xffff || groups.slice(0, 5).some((group) => group !== 0)) return undefined
  return `${high >> 8}.${high & 255}.${low >> 8}.${low & 255}`
}

/**
 * Formats as RFC 5952: lower case, no leading zeros, and `::` for the longest run of two or more zero groups, the first if there
 * are several.
 */
function formatIPv6(groups: readonly number[]): string {
  let best = { start: 0, length: 1 }
  let start = 0
  for (let i = 0; i < groups.length; i++) {
    if (groups[i] !== 0) start = i + 1
    else if (i + 1 - start > best.length) best = { start, length: i + 1 - start }
  }
  const hex = groups.map((group) => group.toString(16))
  if (best.length === 1) return hex.join(':')
  return `${hex.slice(0, best.start).join(':')}::${hex.slice(best.start + best.length).join(':')}`
}

/** The other end of a request. */
export interface Peer {
  /** The client's address, after trusted X-Forwarded-For entries were applied. */
  readonly address: string
  /** Whether the peer of the socket is a trusted proxy. */
  readonly isProxied: boolean
}

/** @param trustedProxies addresses and CIDR ranges; throws TypeError for anything else */
export function createPeerReader(
  trustedProxies: readonly string[],
): (remoteAddress: string, forwardedFor: readonly string[]) => Peer {
  const proxies = createProxyTrust(trustedProxies)
  return (remoteAddress, forwardedFor) => {
    const peer = normaliseAddress(remoteAddress) ?? UNKNOWN_ADDRESS
    return { address: clientAddress(peer, forwardedFor, proxies), isProxied: proxies.trusts(peer) }
  }
}
