import { toError } from '../../base/assert.ts'
import type { HttpAnswer } from '../../http/http.ts'
import { badRequest, type Refusal } from '../../protocol/errors.ts'
import type { RequestHead } from '../../session/request-head.ts'
import { Body, tooLarge, type BodyLimits } from './body.ts'
import type { UwsRequest, UwsResponse } from './uws.ts'

/** Copies the head out: uWS's request is gone when the handler returns. */
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

/** A response that may be given later: knows whether the client is still there. */
export class PendingResponse {
  readonly #response: UwsResponse
  readonly #head: RequestHead
  readonly #hasBody: boolean
  #reading: { readonly body: Body; readonly reject: (reason: Refusal) => void } | undefined
  #isBodyWanted = false
  #gone = false
  #isAborted = false
  #onGone: (() => void) | undefined

  constructor(response: UwsResponse, head: RequestHead) {
    this.#response = response
    this.#head = head
    this.#hasBody = hasBody(head)
    response.onAborted(() => {
      this.#gone = true
      this.#isAborted = true
      this.#onGone?.()
      this.#reading?.body.release()
      this.#reading?.reject(badRequest('', 'the body did not come to its end'))
    })
  }

  /** Calls `tell` when the client leaves before its answer. */
  onGone(tell: () => void): void {
    if (this.#isAborted) tell()
    else this.#onGone = tell
  }

  /** Makes a WebSocket of it: for a request that uWS gave to an upgrade handler, with what it gave besides. */
  upgrade(userData: object, context: Parameters<UwsResponse['upgrade']>[4]): void {
    if (this.#gone) return
    this.#gone = true
    const key = this.#head.headers.find(([name]) => name === 'sec-websocket-key')?.[1] ?? ''
    // Not corked: where the WebSocket gets the response's memory, uWS reads that as the response afterwards, and may close it.
    this.#response.upgrade(userData, key, '', '', context)
  }

  answer(answer: HttpAnswer): void {
    this.#reading?.body.release()
    // Where a request ends that is wrong nobody can say, so nothing that follows it is read: uWS cuts the connection where
    // more comes before the answer, and we do so with it. Given at once, uWS would first take what came in the same packet.
    // A body that nobody wanted is not waited for either. Of one that was, uWS drops the rest: who is cut off while he sends
    // might not see the answer.
    const isLast = answer.status === 400 || (this.#hasBody && !this.#isBodyWanted)
    if (isLast) setImmediate(() => this.#write(answer, isLast))
    else this.#write(answer, isLast)
  }

  #write(answer: HttpAnswer, isLast: boolean): void {
    if (this.#gone) return
    this.#gone = true
    const isHead = this.#head.method === 'HEAD'
    this.#response.cork(() => write(this.#response, answer, { isHead, isLast }))
  }

  /**
   * The body, which is the reader's until the answer. Rejects with PAYLOAD_TOO_LARGE, OVERLOADED; what comes after that is
   * dropped. BAD_REQUEST: the client left. Has to be called before the handler returns.
   */
  readBody(limits: BodyLimits): Promise<Uint8Array> {
    this.#isBodyWanted = true
    if (!this.#hasBody) return Promise.resolve(new Uint8Array())
    if (announcedBytes(this.#head) > limits.bytesMax) return Promise.reject(tooLarge(limits.bytesMax))
    return new Promise((resolve, reject) => {
      const body = new Body(limits)
      this.#reading = { body, reject }
      this.#response.onData((chunk, isLast) => {
        try {
          body.add(chunk)
          if (isLast) resolve(body.bytes())
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
  /** Closes the connection. */
  readonly isLast: boolean
}

function write(response: UwsResponse, { status, headers, body }: HttpAnswer, { isHead, isLast }: WriteOptions): void {
  if (isHead && isLast) {
    response.close() // endWithoutBody cannot answer and close
    return
  }
  response.writeStatus(`${status} ${REASONS[status] ?? 'Status'}`)
  for (const [name, value] of Object.entries(headers)) response.writeHeader(name, value)
  if (isHead) {
    // Told the length, endWithoutBody would wait for that many bytes, and any argument counts as one.
    response.writeHeader('content-length', String(Buffer.byteLength(body)))
    response.endWithoutBody()
  } else response.end(body, isLast)
}

const REASONS: Readonly<Record<number, string>> = {
  200: 'OK',
  201: 'Created',
  204: 'No Content',
  304: 'Not Modified',
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  409: 'Conflict',
  411: 'Length Required',
  412: 'Precondition Failed',
  413: 'Content Too Large',
  426: 'Upgrade Required',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
}
