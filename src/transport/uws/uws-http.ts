import { toError } from '../../base/assert.ts'
import type { HttpAnswer } from '../../http/http.ts'
import { badRequest, type Refusal } from '../../protocol/errors.ts'
import { headerValues, type RequestHead } from '../../door/request-head.ts'
import { Body, tooLarge, type BodyLimits } from './body.ts'
import type { HttpConnections } from './http-connections.ts'
import type { UwsRequest, UwsResponse } from './uws.ts'

/** Copies the head, because uWS's request is invalid once the handler has returned. */
export function readHead(response: UwsResponse, request: UwsRequest): RequestHead {
  const headers: [string, string][] = []
  request.forEach((name, value) => headers.push([name, value]))
  return {
    method: request.getCaseSensitiveMethod(),
    path: request.getUrl(),
    query: request.getQuery() ?? '',
    headers,
    remoteAddress: Buffer.from(response.getRemoteAddressAsText()).toString(),
  }
}

function hasBody({ headers }: RequestHead): boolean {
  return headers.some(([name, value]) => name === 'transfer-encoding' || (name === 'content-length' && value !== '0'))
}

function announcedBytes({ headers }: RequestHead): number {
  return Number(headers.find(([name]) => name === 'content-length')?.[1] ?? 0)
}

/** Whether the client wants the connection closed after the answer (RFC 9110 section 7.6.1). */
function asksForClose(head: RequestHead): boolean {
  const options = headerValues(head, 'connection').flatMap((value) => value.split(','))
  return options.some((option) => option.trim().toLowerCase() === 'close')
}

/**
 * uWS takes any `Connection` header of five characters for `close`. Then it closes the connection without saying so in the
 * answer. In all other cases in which it closes, it says so.
 */
function uwsClosesSilently(head: RequestHead): boolean {
  return headerValues(head, 'connection')[0]?.length === 'close'.length
}

/** A response that may be given later. It knows whether the client is still there. */
export class PendingResponse {
  readonly #response: UwsResponse
  readonly #head: RequestHead
  readonly #connections: HttpConnections
  readonly #hasBody: boolean
  #reading: { readonly body: Body; readonly reject: (reason: Refusal) => void } | undefined
  #isBodyWanted = false
  #isHeld = false
  #gone = false
  #isAborted = false
  #onGone: (() => void) | undefined

  constructor(response: UwsResponse, head: RequestHead, connections: HttpConnections) {
    this.#response = response
    this.#head = head
    this.#connections = connections
    this.#hasBody = hasBody(head)
    response.onAborted(() => {
      this.#gone = true
      this.#isAborted = true
      this.#onGone?.()
      this.#reading?.body.release()
      this.#reading?.reject(badRequest('', 'the body ended too early'))
    })
  }

  /** Calls `tell` if the client leaves before it was answered. */
  onGone(tell: () => void): void {
    if (this.#isAborted) tell()
    else this.#onGone = tell
  }

  /**
   * Turns the request into a WebSocket. It must be one that uWS gave to an upgrade handler, with the `context` from there. Call
   * this before that handler returns, because until then uWS has corked the response. If it were corked later, the WebSocket
   * might get the response's memory, which uWS then reads as a response and may close.
   */
  upgrade(userData: object, context: Parameters<UwsResponse['upgrade']>[4]): void {
    if (this.#gone) return
    this.#gone = true
    this.#connections.closed()
    const key = this.#head.headers.find(([name]) => name === 'sec-websocket-key')?.[1] ?? ''
    this.#response.upgrade(userData, key, '', '', context)
  }

  /** Whether the request was answered, or its client left. */
  get isGone(): boolean {
    return this.#gone
  }

  answer(answer: HttpAnswer): void {
    this.#reading?.body.release()
    // After a malformed request nobody can say where it ends, so nothing that follows is read: uWS cuts the connection if more
    // comes before the answer, and the answer closes it. So the answer waits one turn; if it were given at once, uWS would first
    // take what came in the same packet. A body that the route does not read is not waited for either. If the route stopped
    // reading a body, uWS drops the rest, because a client that is cut off while it sends might not see the answer.
    const isUnread = answer.status === 400 || (this.#hasBody && !this.#isBodyWanted)
    if (isUnread) setImmediate(() => this.#write(answer, isUnread))
    else this.#write(answer, isUnread)
  }

  /**
   * Makes the client's next requests wait until this one is answered. Without this, uWS cuts the connection when the next one
   * arrives. While it holds, a client that leaves is not noticed, so it is for answers that come soon.
   */
  hold(): void {
    if (this.#gone || this.#isHeld) return
    this.#isHeld = true
    this.#response.pause()
  }

  #write(answer: HttpAnswer, isUnread: boolean): void {
    if (this.#gone) return
    this.#gone = true
    const isHead = this.#head.method === 'HEAD'
    const isLast = isUnread || !this.#connections.areKept || asksForClose(this.#head)
    this.#response.cork(() => {
      // This comes first: while the connection is paused, uWS does not report that the client takes more.
      if (this.#isHeld) this.#response.resume()
      if (isHead && isUnread) {
        this.#response.close()
        return
      }
      writeHead(this.#response, answer, { isHead, isLast, closesSilently: uwsClosesSilently(this.#head) })
      if (isHead) endWithoutBody(this.#response, answer)
      else if (isLast || answer.body.length < SHARED_BYTES_MIN || typeof answer.body === 'string') {
        this.#response.end(answer.body, isLast)
      } else this.#send(answer.body)
    })
  }

  /**
   * Sends as much as the client takes, and the rest when it takes more. The body is not copied: so however many clients read slowly,
   * an answer that is the same for all has one body. If a client sends its next request before it has taken all, uWS cuts the
   * connection.
   */
  #send(body: Uint8Array): void {
    const [, isDone] = this.#response.tryEnd(body, body.length)
    if (!isDone) this.#response.onWritable((from) => this.#response.tryEnd(body.subarray(from), body.length)[0])
  }

  /**
   * Reads the body. The caller may use it until the answer. Resolves in a later turn of the event loop than the one in which the
   * request ended. By then uWS has cut the connection if the same packet holds another request, and this rejects. So nothing is
   * done that cannot be answered. Rejects with PAYLOAD_TOO_LARGE or OVERLOADED, and drops the rest of the body; with BAD_REQUEST
   * if the client left. Call this before the handler returns.
   */
  readBody(limits: BodyLimits): Promise<Uint8Array> {
    this.#isBodyWanted = true
    if (announcedBytes(this.#head) > limits.bytesMax) return Promise.reject(tooLarge(limits.bytesMax))
    return new Promise((resolve, reject) => {
      const body = new Body(limits)
      const isWhole = () => setImmediate(() => resolve(body.bytes()))
      this.#reading = { body, reject }
      if (!this.#hasBody) {
        isWhole()
        return
      }
      this.#response.onData((chunk, isLast) => {
        try {
          body.add(chunk)
          if (isLast) isWhole()
        } catch (error) {
          body.release()
          reject(toError(error))
        }
      })
    })
  }
}

interface WriteOptions {
  readonly isHead: boolean
  /** The answer closes the connection, and says so. */
  readonly isLast: boolean
  readonly closesSilently: boolean
}

/** Answers a connection from which nothing was read, and closes it. */
export function refuseAtOnce(response: UwsResponse, answer: HttpAnswer): void {
  // This makes it one write, because outside of a handler nothing is corked.
  response.cork(() => write(response, answer, { isLast: true, closesSilently: false }))
}

/**
 * How many seconds a client may keep a connection for its next request. uWS closes a connection that is idle for 8 to 12 s, which
 * cannot be changed. A client that knows this limit does not send into a connection that is just being closed.
 */
const KEEP_ALIVE_S = 6

/** A shorter body is copied if the client does not take all at once. The copy costs less than sending the rest later. */
const SHARED_BYTES_MIN = 8 * 1024

function write(response: UwsResponse, answer: HttpAnswer, options: Omit<WriteOptions, 'isHead'>): void {
  writeHead(response, answer, { ...options, isHead: false })
  response.end(answer.body, options.isLast)
}

function writeHead(response: UwsResponse, { status, headers }: HttpAnswer, options: WriteOptions): void {
  const { isHead, isLast, closesSilently } = options
  response.writeStatus(`${status} ${REASONS[status] ?? 'Status'}`)
  for (const [name, value] of Object.entries(headers)) response.writeHeader(name, value)
  if (!isLast) response.writeHeader('keep-alive', `timeout=${KEEP_ALIVE_S}`)
  else if (closesSilently || isHead) response.writeHeader('connection', 'close')
}

/**
 * If uWS's function were given the length, it would wait for that many bytes, and any argument counts as a length. So it cannot
 * close the connection either. The client closes it, because it is told to, or uWS when the connection is idle.
 */
function endWithoutBody(response: UwsResponse, { body }: HttpAnswer): void {
  response.writeHeader('content-length', String(Buffer.byteLength(body)))
  response.endWithoutBody()
}

const REASONS: Readonly<Record<number, string>> = {
  200: 'OK',
  201: 'Created',
  204: 'No Content',
  304: 'Not Modified',
  308: 'Permanent Redirect',
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  409: 'Conflict',
  411: 'Length Required',
  412: 'Precondition Failed',
  413: 'Content Too Large',
  421: 'Misdirected Request',
  426: 'Upgrade Required',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
}
