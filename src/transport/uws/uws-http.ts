import { Refusal } from '../../protocol/errors.ts'
import type { HttpAnswer } from '../../http/http.ts'
import type { RequestHead } from '../../session/request-head.ts'
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

/** A response that may be given later: knows whether the client is still there. */
export class PendingResponse {
  readonly #response: UwsResponse
  #gone = false

  constructor(response: UwsResponse) {
    this.#response = response
    response.onAborted(() => {
      this.#gone = true
    })
  }

  answer(answer: HttpAnswer, isHead = false): void {
    // Where a request ends that is wrong nobody can say, so nothing that follows it is read: uWS cuts the connection where
    // more comes before the answer, and we do so with it. Given at once, uWS would first take what came in the same packet.
    if (answer.status === 400) setImmediate(() => this.#write(answer, { isHead, isLast: true }))
    else this.#write(answer, { isHead, isLast: false })
  }

  #write(answer: HttpAnswer, options: WriteOptions): void {
    if (this.#gone) return
    this.#gone = true
    this.#response.cork(() => write(this.#response, answer, options))
  }

  /** The body, up to `bytesMax`. Rejects with PAYLOAD_TOO_LARGE. Has to be asked for before anything is awaited. */
  readBody(bytesMax: number): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      const chunks: Buffer[] = []
      let bytes = 0
      this.#response.onData((chunk, isLast) => {
        bytes += chunk.byteLength
        if (bytes > bytesMax) {
          reject(new Refusal('PAYLOAD_TOO_LARGE', `a body may have ${bytesMax} bytes`, { bytes_max: bytesMax }))
          return
        }
        chunks.push(Buffer.from(chunk.slice(0)))
        if (isLast) resolve(Buffer.concat(chunks))
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
  413: 'Content Too Large',
  426: 'Upgrade Required',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
}
