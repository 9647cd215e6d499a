import type { Refusal } from '../protocol/errors.ts'

/** The headers that HTTP requires beside the status of a refusal, for handshakes and for the REST interface. */
export function refusalHeaders(refusal: Refusal): Record<string, string> {
  return { ...(refusal.status === 401 ? { 'www-authenticate': 'Bearer' } : {}), ...retryAfter(refusal) }
}

/** In whole seconds, rounded up, so that no client comes back too early. */
function retryAfter({ details }: Refusal): Record<string, string> {
  const retryAfterMs = details?.['retry_after_ms']
  return typeof retryAfterMs === 'number' ? { 'retry-after': String(Math.ceil(retryAfterMs / 1000)) } : {}
}
