import { isIP } from 'node:net'

export interface ListenAddress {
  /** An IPv6 address without its brackets. */
  readonly host: string
  readonly port: number
}

const HOST_NAME = /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/i

/** Digits and dots only is an address or a slip of the pen, never a name. */
export function isHost(text: string): boolean {
  return isIP(text) !== 0 || (HOST_NAME.test(text) && !/^[\d.]+$/.test(text))
}

/** `host:port`, with an IPv6 address in brackets; undefined: it is none. */
export function parseListen(text: string): ListenAddress | undefined {
  const [, bracketed, plain = '', digits] = /^(?:\[([^\]]*)\]|([^:]*)):(\d{1,5})$/.exec(text) ?? []
  const port = Number(digits ?? NaN)
  const isGood = bracketed === undefined ? isHost(plain) : isIP(bracketed) === 6
  return isGood && port <= 65_535 ? { host: bracketed ?? plain, port } : undefined
}

/** The URL of a server that listens there. */
export function httpUrl(host: string, port: number): string {
  return `http://${showHost(host)}:${port}`
}

/** The same for a client on the same machine: an address that stands for all of them cannot be dialled everywhere. */
export function localUrl({ host, port }: ListenAddress): string {
  return httpUrl(host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host, port)
}

/** As it stands in a URL. */
export function showHost(host: string): string {
  return host.includes(':') ? `[${host}]` : host
}
