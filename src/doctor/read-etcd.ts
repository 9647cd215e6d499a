import { readFileSync } from 'node:fs'
import http from 'node:http'
import https from 'node:https'
import { toError } from '../base/assert.ts'
import type { Clock } from '../base/clock.ts'
import type { Settings } from '../config/settings.ts'
import { findTlsFault } from '../setup/etcd-tls.ts'

/** What one endpoint of etcd says over HTTP on its client port. Undefined means that it does not say. */
export interface EtcdFacts {
  readonly endpoint: string
  /** Why nothing could be learned. Undefined if it answers. */
  readonly fault: string | undefined
  /** The fault comes from TLS, and names the setting to check. */
  readonly isFaultOfTls: boolean
  /** Such as 3.5.16. */
  readonly version: string | undefined
  /** For a request that needs no quorum: the median of several. */
  readonly latencyMs: number
  /** Why it does not serve, such as ALARM NOSPACE. Undefined if it serves, with a quorum. */
  readonly sick: string | undefined
  /** Why it does not let a node with these settings read its keys. Undefined if it does, or does not say. */
  readonly shut: string | undefined
  readonly quotaBytes: number | undefined
  readonly sizeBytes: number | undefined
  /** How long a sync of its log takes, on average since it started. */
  readonly syncMs: number | undefined
  /** How far its clock is ahead of ours, and the error of that figure, because HTTP gives only seconds. */
  readonly skewMs: number | undefined
  readonly skewWithinMs: number
}

type TlsFiles = Pick<Settings, 'ETCD_CA_FILE' | 'ETCD_CERT_FILE' | 'ETCD_KEY_FILE'>
type Login = Pick<Settings, 'ETCD_USERNAME' | 'ETCD_PASSWORD' | 'ETCD_PREFIX'>

interface Answer {
  readonly body: string
  readonly tookMs: number
  readonly skewMs: number | undefined
}

const ASKED = 5
const UNKNOWN = {
  version: undefined,
  latencyMs: 0,
  sick: undefined,
  shut: undefined,
  quotaBytes: undefined,
  sizeBytes: undefined,
  syncMs: undefined,
  skewMs: undefined,
  skewWithinMs: 0,
} as const

interface ReadOptions {
  readonly settings: TlsFiles & Login
  /** For each request. */
  readonly timeoutMs: number
  readonly clock: Clock
}

/** Never rejects: what cannot be read is a fault among the facts. */
export async function readEtcd(endpoint: string, options: ReadOptions): Promise<EtcdFacts> {
  try {
    return await askAll(endpoint, options)
  } catch (error) {
    const { settings, timeoutMs } = options
    const ofTls = await findTlsFault({ endpoint, files: settings, withinMs: timeoutMs })
    return { endpoint, fault: ofTls ?? toError(error).message, isFaultOfTls: ofTls !== undefined, ...UNKNOWN }
  }
}

async function askAll(endpoint: string, { settings, timeoutMs, clock }: ReadOptions): Promise<EtcdFacts> {
  const agent = openAgent(endpoint, settings)
  const ask = (path: string, post?: Post) => send(new URL(path, endpoint), { agent, timeoutMs, clock, post })
  try {
    // The first request is not timed, because it also opens the connection.
    const { version } = parseVersion((await ask('/version')).body)
    const asked: Answer[] = []
    while (asked.length < ASKED) asked.push(await ask('/version'))
    const [middle] = asked.toSorted((a, b) => a.tookMs - b.tookMs).slice(Math.floor(ASKED / 2))
    const health = parseHealth((await ask('/health')).body)
    const metrics = parseMetrics((await ask('/metrics')).body)
    const shut = await findShut(ask, settings)
    const latencyMs = middle?.tookMs ?? 0
    return {
      endpoint,
      fault: undefined,
      isFaultOfTls: false,
      version,
      latencyMs,
      sick: health,
      shut,
      ...metrics,
      skewMs: middle?.skewMs,
      skewWithinMs: 500 + latencyMs / 2,
    }
  } finally {
    agent.destroy()
  }
}

/** Throws if a file cannot be read. */
function openAgent(endpoint: string, files: TlsFiles): http.Agent {
  if (endpoint.startsWith('http:')) return new http.Agent({ keepAlive: true, maxSockets: 1 })
  const read = (file: string | undefined) => (file === undefined ? undefined : readFileSync(file))
  const [ca, cert, key] = [files.ETCD_CA_FILE, files.ETCD_CERT_FILE, files.ETCD_KEY_FILE].map(read)
  return new https.Agent({ keepAlive: true, maxSockets: 1, ca, cert, key })
}

interface Post {
  readonly body: object
  readonly token?: string | undefined
}

type Ask = (path: string, post?: Post) => Promise<Answer>

/**
 * Logs in and reads one key, as a node does when it starts. It uses etcd's gateway. If that is switched off, nothing is found
 * out.
 */
async function findShut(ask: Ask, { ETCD_USERNAME, ETCD_PASSWORD, ETCD_PREFIX }: Login): Promise<string | undefined> {
  let token: string | undefined
  if (ETCD_USERNAME !== undefined) {
    const login = await ask('/v3/auth/authenticate', { body: { name: ETCD_USERNAME, password: ETCD_PASSWORD } })
    const answer = parseGateway(login.body)
    if (answer.message !== undefined) return answer.message
    ;({ token } = answer)
  }
  const key = Buffer.from(ETCD_PREFIX + 'epoch').toString('base64')
  return parseGateway((await ask('/v3/kv/range', { body: { key }, token })).body).message
}

/** `message` is set if etcd refuses. */
function parseGateway(body: string): { readonly message?: string; readonly token?: string } {
  try {
    return JSON.parse(body) as { readonly message?: string; readonly token?: string }
  } catch {
    return {} // etcd's gateway is switched off
  }
}

interface SendOptions {
  readonly agent: http.Agent
  readonly timeoutMs: number
  readonly clock: Clock
  /** If undefined, it is a GET. */
  readonly post: Post | undefined
}

/** Accepts any status, because /health answers 503 with the reason if etcd is sick. */
function send(url: URL, { agent, timeoutMs, clock, post }: SendOptions): Promise<Answer> {
  const { request } = url.protocol === 'https:' ? https : http
  return new Promise((resolve, reject) => {
    const [startMs, startWallMs] = [clock.nowMs(), clock.wallMs()]
    const method = post ? 'POST' : 'GET'
    const headers = post?.token === undefined ? {} : { authorization: post.token }
    const asked = request(url, { agent, method, headers, signal: AbortSignal.timeout(timeoutMs) }, (response) => {
      let body = ''
      response.setEncoding('utf8').on('data', (text: string) => (body += text))
      response.once('error', reject)
      response.once('end', () => {
        const tookMs = clock.nowMs() - startMs
        const saidMs = Date.parse(response.headers.date ?? '')
        // etcd told the time at some moment between request and answer, cut off to the second.
        const skewMs = Number.isNaN(saidMs) ? undefined : saidMs + 500 - (startWallMs + tookMs / 2)
        resolve({ body, tookMs, skewMs })
      })
    })
    asked.once('error', (error) => {
      reject(error.name === 'AbortError' ? new Error(`no answer within ${timeoutMs} ms`) : error)
    })
    asked.end(post && JSON.stringify(post.body))
  })
}

function parseVersion(body: string): { readonly version: string | undefined } {
  const { etcdserver } = JSON.parse(body) as { readonly etcdserver?: unknown }
  return { version: typeof etcdserver === 'string' ? etcdserver : undefined }
}

/** Up to etcd 3.4 there is no reason. */
function parseHealth(body: string): string | undefined {
  const { health, reason } = JSON.parse(body) as { readonly health?: unknown; readonly reason?: unknown }
  if (health === 'true' || health === true) return undefined
  return typeof reason === 'string' && reason !== '' ? reason : 'it has no quorum, or an alarm'
}

/** Reads the few numbers that are needed from Prometheus' text. */
export function parseMetrics(text: string): Pick<EtcdFacts, 'quotaBytes' | 'sizeBytes' | 'syncMs'> {
  const read = (name: string): number | undefined => {
    const [, value] = new RegExp(`^${name} (\\S+)$`, 'm').exec(text) ?? []
    const number = Number(value)
    return value === undefined || Number.isNaN(number) ? undefined : number
  }
  const syncs = read('etcd_disk_wal_fsync_duration_seconds_count') ?? 0
  const seconds = read('etcd_disk_wal_fsync_duration_seconds_sum') ?? 0
  return {
    quotaBytes: read('etcd_server_quota_backend_bytes'),
    sizeBytes: read('etcd_mvcc_db_total_size_in_bytes'),
    syncMs: syncs > 0 ? (seconds / syncs) * 1000 : undefined,
  }
}
