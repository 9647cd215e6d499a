import { failure } from './replies.js'

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
 * A request to this server's own interface.
 * @param {string} path
 * @param {{ adminToken?: string, body?: Record<string, unknown> }} [options] with a body it is a POST
 * @returns {Promise<Outcome>} never rejects
 */
export async function callApi(path, { adminToken = '', body } = {}) {
  /** @type {Record<string, string>} */
  const headers = { accept: 'application/json' }
  if (adminToken !== '') headers['authorization'] = `Bearer ${adminToken}`
  if (body !== undefined) headers['content-type'] = 'application/json'
  try {
    const response = await fetch(path, {
      method: body === undefined ? 'GET' : 'POST',
      headers,
      body: body === undefined ? null : JSON.stringify(body),
      cache: 'no-store',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    })
    if (!response.ok) return { success: false, error: await errorOf(response) }
    return { success: true, data: await response.json() }
  } catch (error) {
    return failure('NO_REPLY', error instanceof Error ? error.message : String(error))
  }
}
