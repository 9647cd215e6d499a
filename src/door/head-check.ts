import { badRequest } from '../protocol/errors.ts'
import { createHostPolicy, Misdirected, type HostOptions } from './host.ts'
import type { Headers, RequestHead } from './request-head.ts'

const HEADERS_MAX = 100
/** RFC 9110 section 5.5. */
const FORBIDDEN_IN_VALUES = ['\r', '\n', '\0']
const HOST_FORM = /^[A-Za-z0-9._:[\]-]{1,255}$/

/** Throws BAD_REQUEST for a head that is not well-formed, and Misdirected for one that was meant for another server. */
export type HeadCheck = (head: RequestHead, headers: Headers) => void

/** Makes the first check of every request on either port: of HTTP, WebSocket and Socket.IO. */
export function createHeadCheck(options: HostOptions): HeadCheck {
  const isServed = createHostPolicy(options)
  return (head, headers) => {
    checkForm(head, headers)
    const host = headers.one('host') ?? ''
    if (!isServed(host, head.remoteAddress)) throw new Misdirected(host)
  }
}

/**
 * Throws BAD_REQUEST for a head that a proxy in front may have understood differently (RFC 9112 section 11.2). uWS lets some of
 * these through. A head above HTTP_HEAD_BYTES does not come here, because uWS answers it with 431.
 */
function checkForm(head: RequestHead, headers: Headers): void {
  if (head.headers.length > HEADERS_MAX) throw badRequest('', `more than ${HEADERS_MAX} headers`)
  for (const [name, value] of head.headers) {
    if (FORBIDDEN_IN_VALUES.some((character) => value.includes(character)))
      throw badRequest(name, 'contains a control character')
  }
  const host = headers.one('host')
  if (host === undefined || !HOST_FORM.test(host)) throw badRequest('host', 'is required and must be a host name')
  const lengths = headers.list('content-length')
  if (lengths.some((length) => length !== lengths[0])) throw badRequest('content-length', 'has two different values')
  const codings = headers.all('transfer-encoding')
  // uWS treats every transfer coding as if it were `chunked`.
  if (codings.length > 0 && codings.join().toLowerCase() !== 'chunked') {
    throw badRequest('transfer-encoding', 'can only be chunked')
  }
  if (head.method === 'GET' && (codings.length > 0 || lengths.some((n) => n !== '0'))) {
    throw badRequest('', 'a GET request may not have a body')
  }
}
