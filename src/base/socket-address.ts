/** The host and port that a socket connects to for a URL. */
export interface SocketAddress {
  readonly host: string
  readonly port: number
}

/**
 * The address that a URL names, as sockets take it: an IPv6 address without its brackets, and the port of the scheme if the URL
 * has none.
 */
export function socketAddressOf({ hostname, port, protocol }: URL): SocketAddress {
  const isTls = protocol === 'https:' || protocol === 'wss:'
  return { host: hostname.replaceAll(/^\[|\]$/g, ''), port: port === '' ? (isTls ? 443 : 80) : Number(port) }
}
