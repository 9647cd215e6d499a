import type { HttpAnswer } from '../../http/http.ts'
import type { RequestHead } from '../../door/request-head.ts'
import type { Admitted } from '../../door/socket-io-gate.ts'

/**
 * A request in the form that engine.io takes from uWebSockets.js, made from its head. So requests that another worker passes on
 * look like requests to this one. engine.io adds fields to it, and keeps the first one of a session.
 */
export class EngineRequest {
  readonly head: RequestHead
  readonly #headers: ReadonlyMap<string, string>
  /** Set for a session's first request. */
  readonly admitted: Admitted | undefined

  constructor(head: RequestHead, admitted: Admitted | undefined) {
    this.head = head
    this.#headers = new Map(head.headers)
    this.admitted = admitted
  }

  getMethod(): string {
    return this.head.method.toLowerCase()
  }

  getUrl(): string {
    return this.head.path
  }

  getQuery(): string {
    return this.head.query
  }

  getHeader(name: string): string {
    return this.#headers.get(name) ?? ''
  }

  forEach(take: (name: string, value: string) => void): void {
    for (const [name, value] of this.head.headers) take(name, value)
  }
}

/** engine.io's own handle of a WebSocket. It gets it back when the WebSocket is open. */
export interface EngineData {
  readonly transport: object
}

export type EngineOutcome =
  | { readonly kind: 'answer'; readonly answer: HttpAnswer }
  | { readonly kind: 'upgrade'; readonly data: EngineData }

/** A response in the form that engine.io takes from uWebSockets.js. */
export class EngineResponse {
  readonly #remoteAddress: string
  readonly #body: Uint8Array
  readonly #settle: (outcome: EngineOutcome) => void
  readonly #onAborted: (() => void)[] = []
  readonly #headers: Record<string, string> = {}
  #status = 200
  #isOver = false

  constructor(head: RequestHead, body: Uint8Array, settle: (outcome: EngineOutcome) => void) {
    this.#remoteAddress = head.remoteAddress
    this.#body = body
    this.#settle = settle
  }

  /** The client is gone. */
  abort(): void {
    if (this.#isOver) return
    this.#isOver = true
    for (const tell of this.#onAborted) tell()
  }

  getRemoteAddressAsText(): Uint8Array {
    return Buffer.from(this.#remoteAddress)
  }

  onAborted(tell: () => void): void {
    this.#onAborted.push(tell)
  }

  onData(take: (chunk: ArrayBuffer, isLast: boolean) => void): void {
    take(new Uint8Array(this.#body).buffer, true)
  }

  cork(write: () => void): void {
    write()
  }

  writeStatus(status: string): this {
    this.#status = Number.parseInt(status, 10)
    return this
  }

  writeHeader(name: string, value: string): this {
    this.#headers[name.toLowerCase()] = value
    return this
  }

  end(body: string | Uint8Array = ''): void {
    this.#end({ kind: 'answer', answer: { status: this.#status, headers: this.#headers, body } })
  }

  close(): void {
    this.#end({ kind: 'answer', answer: { status: 400, headers: {}, body: '' } })
  }

  upgrade(data: EngineData): void {
    this.#end({ kind: 'upgrade', data })
  }

  #end(outcome: EngineOutcome): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#settle(outcome)
  }
}
