/** Where a socket connects to for a URL. */
export interface SocketAddress {
  readonly host: string
  readonly port: number
}

/**
 * The address that a URL names, as sockets take it. An IPv6 address has brackets in a URL only, and a URL does not keep the port
 * that is its scheme's own.
 */
export function socketAddressOf({ hostname, port, protocol }: URL): SocketAddress {
  const isTls = protocol === 'https:' || protocol === 'wss:'
  return { host: hostname.replaceAll(/^\[|\]$/g, ''), port: port === '' ? (isTls ? 443 : 80) : Number(port) }
}
