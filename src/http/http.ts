import type { Refusal } from '../protocol/errors.ts'
import type { RequestHead } from '../session/request-head.ts'

export interface HttpRequest {
  readonly head: RequestHead
  /** Rejects with PAYLOAD_TOO_LARGE. */
  readBody(): Promise<Uint8Array>
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

/** The error body of the protocol. */
export function errorAnswer(
  refusal: Refusal,
  over: { readonly status?: number; readonly headers?: Readonly<Record<string, string>> } = {},
): HttpAnswer {
  return jsonAnswer({ error: refusal.toBody() }, over.status ?? refusal.status, over.headers)
}
