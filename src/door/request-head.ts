import { badRequest, Refusal } from '../protocol/errors.ts'

/** The head of a request as plain data, copied out by the transport. Nothing here waits. */
export interface RequestHead {
  /** As sent. Methods are case-sensitive, so `get` is not `GET`. */
  readonly method: string
  /** As sent, up to the `?`. */
  readonly path: string
  /** As sent, after the `?`. Empty if there is none. */
  readonly query: string
  /** Names are in lower case. A header that was sent twice has two entries. */
  readonly headers: readonly (readonly [name: string, value: string])[]
  /** The address of the socket's peer, in any spelling. */
  readonly remoteAddress: string
}

/** Base64 of 16 bytes: the last character has two bits of data, and its other four bits are zero. */
const WEBSOCKET_KEY = /^[A-Za-z0-9+/]{21}[AQgw]==$/

/** The values of one header, in the order received. Cheaper than `Headers` if only one header is read. */
export function headerValues({ headers }: Pick<RequestHead, 'headers'>, wanted: string): readonly string[] {
  return headers.flatMap(([name, value]) => (name === wanted ? [value] : []))
}

/** The header lines by name. The values of a name stay in the order received. */
export class Headers {
  readonly #values = new Map<string, string[]>()

  constructor(lines: RequestHead['headers']) {
    for (const [name, value] of lines) {
      const values = this.#values.get(name)
      if (values) values.push(value)
      else this.#values.set(name, [value])
    }
  }

  all(name: string): readonly string[] {
    return this.#values.get(name) ?? []
  }

  /**
   * The value of a header that may appear once. Throws BAD_REQUEST if it was sent twice, because different readers could choose
   * different values.
   */
  one(name: string): string | undefined {
    const values = this.all(name)
    if (values.length > 1) throw badRequest(name, 'was sent more than once')
    return values[0]
  }

  /** The elements of a comma-separated list over all its lines (RFC 9110 section 5.6.1), without empty ones. */
  list(name: string): string[] {
    const elements = this.all(name).flatMap((value) => value.split(','))
    return elements.map((element) => element.trim()).filter((element) => element !== '')
  }
}

/**
 * Whether the request asks for a WebSocket of version 13 (RFC 6455 section 4.2.1). Throws BAD_REQUEST if it does, but has a bad
 * key.
 */
export function isUpgrade(headers: Headers): boolean {
  const isAsked =
    headers.list('upgrade').some((protocol) => protocol.toLowerCase() === 'websocket') &&
    headers.list('connection').some((option) => option.toLowerCase() === 'upgrade') &&
    headers.all('sec-websocket-version').join() === '13'
  if (!isAsked) return false
  if (!WEBSOCKET_KEY.test(headers.one('sec-websocket-key') ?? '')) {
    throw badRequest('sec-websocket-key', 'must be base64 of 16 bytes')
  }
  return true
}

/** The parameters of the query with these names; others are ignored. Throws BAD_REQUEST if one was sent twice. */
export function readQuery(query: string, names: readonly string[]): ReadonlyMap<string, string> {
  const found = new Map<string, string>()
  for (const [name, value] of new URLSearchParams(query)) {
    if (!names.includes(name)) continue
    if (found.has(name)) throw new Refusal('BAD_REQUEST', `?${name}= was sent more than once`, { path: name })
    found.set(name, value)
  }
  return found
}
