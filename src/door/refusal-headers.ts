import type { Refusal } from '../protocol/errors.ts'

/** What HTTP wants beside the status of a refusal, on a socket's way in and in the REST interface. */
export function refusalHeaders(refusal: Refusal): Record<string, string> {
  return { ...(refusal.status === 401 ? { 'www-authenticate': 'Bearer' } : {}), ...retryAfter(refusal) }
}

/** Whole seconds, rounded up: whoever obeys is not early. */
function retryAfter({ details }: Refusal): Record<string, string> {
  const retryAfterMs = details?.['retry_after_ms']
  return typeof retryAfterMs === 'number' ? { 'retry-after': String(Math.ceil(retryAfterMs / 1000)) } : {}
}
