import { badRequest, Refusal } from '../protocol/errors.ts'

/** What a request says before its body, as plain data: the transport copies it out and nothing here waits. */
export interface RequestHead {
  /** As sent: `GET`, and `get` is another method. */
  readonly method: string
  /** As sent, up to the `?`. */
  readonly path: string
  /** As sent, behind the `?`; '' where there is none. */
  readonly query: string
  /** Names in lower case; a header sent twice is there twice. */
  readonly headers: readonly (readonly [name: string, value: string])[]
  /** The peer of the socket, in any spelling. */
  readonly remoteAddress: string
}

/** Base64 of 16 bytes: the last character carries two bits, and the other four are zero. */
const WEBSOCKET_KEY = /^[A-Za-z0-9+/]{21}[AQgw]==$/

/** Of one header, in the order received: for whoever looks at no other. */
export function headerValues({ headers }: Pick<RequestHead, 'headers'>, wanted: string): readonly string[] {
  return headers.flatMap(([name, value]) => (name === wanted ? [value] : []))
}

/** The header lines by name, in the order received. */
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

  /** For a header that may stand there once: BAD_REQUEST where two readers could read two things. */
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

/** RFC 6455 section 4.2.1: whether it asks for a version 13 WebSocket. Throws BAD_REQUEST where it does, with a bad key. */
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

/** The query's parameters. BAD_REQUEST where one of these is there twice. */
export function readQuery(query: string, names: readonly string[]): ReadonlyMap<string, string> {
  const found = new Map<string, string>()
  for (const [name, value] of new URLSearchParams(query)) {
    if (!names.includes(name)) continue
    if (found.has(name)) throw new Refusal('BAD_REQUEST', `?${name}= twice`, { path: name })
    found.set(name, value)
  }
  return found
}
