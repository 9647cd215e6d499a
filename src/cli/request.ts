import { toError } from '../base/assert.ts'
import { EXIT } from '../setup/exit-codes.ts'
import { StartError } from '../setup/start-error.ts'
import { parseUrl } from './args.ts'

/**
 * A request of the admin interface, answered whatever its status. Throws UsageError for what is no URL, and StartError if the server
 * cannot be reached.
 */
export async function requestAdmin(url: string, path: string, adminToken: string, method = 'GET'): Promise<Response> {
  const base = parseUrl(url).href.replace(/\/$/, '')
  return fetch(base + path, { method, headers: { authorization: `Bearer ${adminToken}` } }).catch((error: unknown) => {
    const cause = toError(error)
    throw new StartError(EXIT.unavailable, `${url}: ${toError(cause.cause ?? cause).message}`, cause)
  })
}
