import { toJson } from './envelope.js'
import { failure } from './replies.js'
import { serverUrl } from './server-url.js'

/** @typedef {import('./replies.js').Outcome} Outcome */

const TIMEOUT_MS = 10_000

/**
 * The error that an HTTP answer holds, or its status where it holds none: a proxy's own page, say.
 * @param {Response} response
 * @returns {Promise<import('./replies.js').Failure>}
 */
export async function errorOf(response) {
  try {
    const { error } = await response.json()
    if (typeof error?.code === 'string') return error
  } catch {
    // Not JSON: told below.
  }
  return { code: `HTTP_${response.status}`, message: response.statusText || 'no reason given' }
}

/**
 * What is not ready /ready says in a body like any other of it, and that with 503.
 * @param {Response} response
 * @returns {Promise<Record<string, any> | null>} null: it is no such thing
 */
async function reportOf(response) {
  try {
    const body = await response.json()
    return Array.isArray(body?.parts) ? body : null
  } catch {
    return null
  }
}

/**
 * A request to this server's own interface.
 * @param {string} path
 * @param {{ method?: string, adminToken?: string, ifMatch?: string, body?: Record<string, unknown> | undefined }} [options]
 * @returns {Promise<Outcome & { etag?: string }>} never rejects
 */
export async function callApi(path, { method = 'GET', adminToken = '', ifMatch = '', body } = {}) {
  /** @type {Record<string, string>} */
  const headers = { accept: 'application/json' }
  if (adminToken !== '') headers['authorization'] = `Bearer ${adminToken}`
  if (ifMatch !== '') headers['if-match'] = ifMatch
  if (body !== undefined) headers['content-type'] = 'application/json'
  let text = null
  try {
    if (body !== undefined) text = toJson(body)
  } catch (error) {
    return failure('BAD_REQUEST', String(error))
  }
  try {
    const response = await fetch(serverUrl(path), {
      method,
      headers,
      body: text,
      cache: 'no-store',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    })
    if (response.ok) return { success: true, data: await response.json(), etag: response.headers.get('etag') ?? '' }
    const report = response.status === 503 ? await reportOf(response.clone()) : null
    if (report !== null) return { success: true, data: report }
    return { success: false, error: await errorOf(response) }
  } catch (error) {
    if (method === 'GET') return failure('NO_ANSWER', 'the server does not answer')
    return failure('NO_REPLY', error instanceof Error ? error.message : String(error))
  }
}
