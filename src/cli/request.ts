import { toError } from '../base/assert.ts'
import { EXIT } from '../setup/exit-codes.ts'
import { StartError } from '../setup/start-error.ts'

/** A request of the admin interface, answered whatever its status. Throws StartError where the server cannot be reached. */
export function requestAdmin(url: string, path: string, adminToken: string, method = 'GET'): Promise<Response> {
  return fetch(url + path, { method, headers: { authorization: `Bearer ${adminToken}` } }).catch((error: unknown) => {
    const cause = toError(error)
    throw new StartError(EXIT.unavailable, `${url}: ${toError(cause.cause ?? cause).message}`, cause)
  })
}
