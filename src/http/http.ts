import type { Refusal } from '../protocol/errors.ts'
import { refusalHeaders } from '../door/refusal-headers.ts'
import type { RequestHead } from '../door/request-head.ts'

/** HTTP for a transport, which is to read no body before `route` asked for it. Neither throws. */
export interface HttpHandler {
  /** Counts a request; what one over its address's rate is told, before anything else is looked at. */
  limit(head: RequestHead): HttpAnswer | undefined
  /** Decides by the head alone: path, method, admin token. */
  route(head: RequestHead): HttpPlan
}

export type HttpPlan = HttpRefused | HttpRun

export interface HttpRefused {
  readonly kind: 'refuse'
  readonly answer: HttpAnswer
}

export interface HttpRun {
  readonly kind: 'run'
  /** No token is asked for. */
  readonly isOpen: boolean
  /** Whether it may change something. If not, it may be run for a client who is gone before the answer. */
  readonly changes: boolean
  /** If false, `body` is not called. */
  readonly wantsBody: boolean
  /** Never throws or rejects. @param body rejects with PAYLOAD_TOO_LARGE, OVERLOADED, BAD_REQUEST */
  run(body: () => Promise<Uint8Array>): Promise<HttpAnswer> | HttpAnswer
}

export interface HttpAnswer {
  readonly status: number
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Uint8Array
}

/** Nothing we send is to be guessed at, kept, or shown in a frame of somebody else. */
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

/** A browser may send a page's request. */
export function preflightAnswer(headers: Readonly<Record<string, string>>): HttpAnswer {
  return { status: 204, headers, body: '' }
}

/** The error body of the protocol. */
export function errorAnswer(
  refusal: Refusal,
  over: { readonly status?: number; readonly headers?: Readonly<Record<string, string>> } = {},
): HttpAnswer {
  const headers = { ...refusalHeaders(refusal), ...over.headers }
  return jsonAnswer({ error: refusal.toBody() }, over.status ?? refusal.status, headers)
}
