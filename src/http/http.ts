import type { Refusal } from '../protocol/errors.ts'
import { refusalHeaders } from '../door/refusal-headers.ts'
import type { RequestHead } from '../door/request-head.ts'

/**
 * What a transport calls for HTTP. The transport reads no body before `route` was called and the body is asked for. Neither
 * method throws.
 */
export interface HttpHandler {
  /** Counts a request. Returns an answer if the client's address is over its rate. Call this before anything else. */
  limit(head: RequestHead): HttpAnswer | undefined
  /** Decides by the head alone: path, method and admin token. */
  route(head: RequestHead): HttpPlan
}

export type HttpPlan = HttpRefused | HttpRun

export interface HttpRefused {
  readonly kind: 'refuse'
  readonly answer: HttpAnswer
}

export interface HttpRun {
  readonly kind: 'run'
  /** Whether the route needs no admin token. */
  readonly isOpen: boolean
  /** Whether the request may change something. If not, it may run even if the client is gone before the answer. */
  readonly changes: boolean
  /** If false, `body` is not called. */
  readonly wantsBody: boolean
  /**
   * Never throws or rejects.
   * @param body rejects with PAYLOAD_TOO_LARGE, OVERLOADED or BAD_REQUEST
   */
  run(body: () => Promise<Uint8Array>): Promise<HttpAnswer> | HttpAnswer
}

export interface HttpAnswer {
  readonly status: number
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Uint8Array
}

/** Browsers must not guess the type of an answer, send its address to other sites, or show it in a frame. */
export const SECURITY_HEADERS = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'x-frame-options': 'DENY',
} as const

export function jsonAnswer(value: unknown, status = 200, headers: Readonly<Record<string, string>> = {}): HttpAnswer {
  return {
    status,
    headers: {
      'content-type': 'application/json; charset=utf-8',
      'cache-control': 'no-store',
      ...SECURITY_HEADERS,
      ...headers,
    },
    body: JSON.stringify(value),
  }
}

/** Tells a browser that the page may send its request. */
export function preflightAnswer(headers: Readonly<Record<string, string>>): HttpAnswer {
  return { status: 204, headers, body: '' }
}

/** An answer with the error body of the protocol. */
export function errorAnswer(
  refusal: Refusal,
  over: { readonly status?: number; readonly headers?: Readonly<Record<string, string>> } = {},
): HttpAnswer {
  const headers = { ...refusalHeaders(refusal), ...over.headers }
  return jsonAnswer({ error: refusal.toBody() }, over.status ?? refusal.status, headers)
}
