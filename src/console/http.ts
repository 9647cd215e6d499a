import { toJson } from './envelope.ts'
import { failure, type Failure, type Outcome } from './outcome.ts'
import { serverUrl } from './server-url.ts'

const TIMEOUT_MS = 10_000
const DOWNLOAD_MS_MAX = 300_000

/** Returns the error in an HTTP answer. If there is none, as in a page of a proxy, makes one of the status. */
export async function errorOf(response: Response): Promise<Failure> {
  try {
    const body = (await response.json()) as { readonly error?: Failure } | null
    if (typeof body?.error?.code === 'string') return body.error
  } catch {
    // Not JSON: handled below.
  }
  return { code: `HTTP_${response.status}`, message: response.statusText || 'no reason given' }
}

/** Returns the body of a 503 of `/ready`, which says what is not ready. It has the same form with 200. Null for another body. */
async function reportOf(response: Response): Promise<object | null> {
  try {
    const body = (await response.json()) as { readonly parts?: unknown } | null
    return Array.isArray(body?.parts) ? body : null
  } catch {
    return null
  }
}

export interface ApiRequest {
  readonly method?: string
  readonly adminToken?: string
  readonly ifMatch?: string
  readonly body?: object | undefined
}

export type Answer<Data> = Outcome<Data> & { readonly etag?: string }

/** Sends a request to this server. The shape of the data is not checked. Never rejects. */
export async function callApi<Data>(
  path: string,
  { method = 'GET', adminToken = '', ifMatch = '', body }: ApiRequest = {},
): Promise<Answer<Data>> {
  const headers: Record<string, string> = { accept: 'application/json' }
  if (adminToken !== '') headers['authorization'] = `Bearer ${adminToken}`
  if (ifMatch !== '') headers['if-match'] = ifMatch
  if (body !== undefined) headers['content-type'] = 'application/json'
  let text: string | null = null
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
    if (response.ok) {
      const data = (await response.json()) as Data
      return { success: true, data, etag: response.headers.get('etag') ?? '' }
    }
    const report = response.status === 503 ? await reportOf(response.clone()) : null
    if (report !== null) return { success: true, data: report as Data }
    return { success: false, error: await errorOf(response) }
  } catch (error) {
    if (method === 'GET') return failure('NO_ANSWER', 'the server does not answer')
    return failure('NO_REPLY', error instanceof Error ? error.message : String(error))
  }
}

/** Downloads a file from this server. Never rejects. */
export async function downloadApi(path: string, adminToken: string): Promise<Outcome<Blob>> {
  try {
    const response = await fetch(serverUrl(path), {
      headers: { authorization: `Bearer ${adminToken}` },
      cache: 'no-store',
      signal: AbortSignal.timeout(DOWNLOAD_MS_MAX),
    })
    if (response.ok) return { success: true, data: await response.blob() }
    return { success: false, error: await errorOf(response) }
  } catch {
    return failure('NO_ANSWER', 'the server does not answer')
  }
}
