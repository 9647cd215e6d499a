import { errorOf } from './http.js'
import { serverUrl } from './server-url.js'

/**
 * @typedef {{ path: 'public' | 'private', token: string }} Target
 * @typedef {{ resumeToken: string, since: string, rooms: readonly string[] }} ResumePoint
 * @typedef {{ text: string, code: string, isFinal: boolean, retryAfterMs: number | null }} Refused
 */

const PROBE_TIMEOUT_MS = 5_000

const PREFIX = document.querySelector('meta[name="api-path-prefix"]')?.getAttribute('content') ?? ''

/**
 * @param {Target} target
 * @param {ResumePoint | null} resume
 * @returns {WebSocket} opening
 * @throws {DOMException} where the token has characters that no subprotocol may have
 */
export function openSocket(target, resume) {
  const url = serverUrl(`${PREFIX}/${target.path}`)
  url.protocol = location.protocol === 'https:' ? 'wss:' : 'ws:'
  if (resume !== null) {
    const query = [`resume=${encodeURIComponent(resume.resumeToken)}`, `since=${resume.since}`]
    query.push(`rooms=${resume.rooms.join(',')}`)
    url.search = query.join('&')
  }
  return new WebSocket(url, ['game.v1.json', ...(target.token === '' ? [] : [`bearer.${target.token}`])])
}

/**
 * A browser does not tell why an upgrade was refused. The same path without Upgrade does: it answers 426 where the upgrade
 * would be taken now, else what refused it.
 * @param {Target} target
 * @returns {Promise<Refused>}
 */
export async function explainRefusal(target) {
  try {
    const response = await fetch(serverUrl(`${PREFIX}/${target.path}`), {
      headers: target.token === '' ? {} : { authorization: `Bearer ${target.token}` },
      cache: 'no-store',
      signal: AbortSignal.timeout(PROBE_TIMEOUT_MS),
    })
    if (response.status === 426) return unexplained('The connection failed.')
    const { code, message } = await errorOf(response)
    const isFinal = response.status < 500 && response.status !== 429
    const text = `Refused with ${response.status} ${code}: ${message}.`
    return { text, code, isFinal, retryAfterMs: retryAfter(response) }
  } catch (error) {
    return unexplained(`The server cannot be reached (${error instanceof Error ? error.message : String(error)}).`)
  }
}

/**
 * @param {string} text
 * @returns {Refused}
 */
function unexplained(text) {
  return { text, code: '', isFinal: false, retryAfterMs: null }
}

/** @param {Response} response */
function retryAfter(response) {
  const seconds = Number(response.headers.get('retry-after') ?? Number.NaN)
  return Number.isFinite(seconds) ? seconds * 1_000 : null
}
