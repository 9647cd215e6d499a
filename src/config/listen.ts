import { isIP } from 'node:net'

export interface ListenAddress {
  /** An IPv6 address without its brackets. */
  readonly host: string
  readonly port: number
}

const HOST_NAME = /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/i

/** Whether the text is an IP address or a host name. Text of digits and dots only is never a name: it is a mistyped address. */
export function isHost(text: string): boolean {
  return isIP(text) !== 0 || (HOST_NAME.test(text) && !/^[\d.]+$/.test(text))
}

/** Parses `host:port`, with an IPv6 address in brackets. Returns undefined if the text is not of this form. */
export function parseListen(text: string): ListenAddress | undefined {
  const [, bracketed, plain = '', digits] = /^(?:\[([^\]]*)\]|([^:]*)):(\d{1,5})$/.exec(text) ?? []
  const port = Number(digits ?? NaN)
  const isGood = bracketed === undefined ? isHost(plain) : isIP(bracketed) === 6
  return isGood && port <= 65_535 ? { host: bracketed ?? plain, port } : undefined
}

export function httpUrl(host: string, port: number): string {
  return `http://${showHost(host)}:${port}`
}

/** The same for a client on the same machine. Not every client can connect to an address such as `0.0.0.0`. */
export function localUrl({ host, port }: ListenAddress): string {
  return httpUrl(host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host, port)
}

/** Returns a host as it is written in a URL: an IPv6 address gets brackets. */
export function showHost(host: string): string {
  return host.includes(':') ? `[${host}]` : host
}
