import { toError } from '../base/assert.ts'
import { EXIT } from '../setup/exit-codes.ts'
import { StartError } from '../setup/start-error.ts'
import { adminTokenOf, adminUrlOf, loadSettings, parseUrl } from './args.ts'

/**
 * Sends a request to the admin interface. Resolves to the answer, whatever its status is. Throws UsageError if `url` is not a URL,
 * and StartError if the server cannot be reached.
 */
export async function requestAdmin(
  url: string,
  path: string,
  adminToken: string,
  { method = 'GET', body }: { readonly method?: 'GET' | 'POST'; readonly body?: object } = {},
): Promise<Response> {
  const base = parseUrl(url).href.replace(/\/$/, '')
  const headers = { authorization: `Bearer ${adminToken}`, ...(body && { 'content-type': 'application/json' }) }
  return fetch(base + path, { method, headers, ...(body && { body: JSON.stringify(body) }) }).catch(
    (error: unknown) => {
      const cause = toError(error)
      throw new StartError(EXIT.unavailable, `${url}: ${toError(cause.cause ?? cause).message}`, cause)
    },
  )
}

export interface ServerOptions {
  readonly url?: string | undefined
  readonly token?: string | undefined
}

/**
 * Asks a running server, by default that of this configuration, to change something. Resolves to its answer. Throws StartError if the
 * server refuses or cannot be reached.
 */
export async function askServer<Answer>(path: string, options: ServerOptions, body?: object): Promise<Answer> {
  const { settings } = loadSettings()
  const { url = adminUrlOf(settings), token = adminTokenOf(settings) } = options
  const response = await requestAdmin(url, path, token, { method: 'POST', ...(body && { body }) })
  const answer = (await response.json()) as Answer & { readonly error?: { readonly message: string } }
  if (answer.error) throw new StartError(EXIT.problems, answer.error.message)
  return answer
}
