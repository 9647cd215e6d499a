import { readFileSync } from 'node:fs'
import http from 'node:http'
import https from 'node:https'
import { toError } from '../base/assert.ts'
import type { Clock } from '../base/clock.ts'
import type { Settings } from '../config/settings.ts'

/** What one endpoint of etcd says over HTTP, on the port of its clients; undefined is what it does not tell. */
export interface EtcdFacts {
  readonly endpoint: string
  /** Why nothing is known of it; undefined: it answers. */
  readonly fault: string | undefined
  /** As in 3.5.16. */
  readonly version: string | undefined
  /** Of a request that asks for no quorum: the median of some. */
  readonly latencyMs: number
  /** Why it does not serve, such as ALARM NOSPACE; undefined: it does, with a quorum behind it. */
  readonly sick: string | undefined
  readonly quotaBytes: number | undefined
  readonly sizeBytes: number | undefined
  /** Of its log to the disk, the mean since it was started. */
  readonly syncMs: number | undefined
  /** How far its clock is ahead of ours, and how far off that may be: HTTP tells seconds. */
  readonly skewMs: number | undefined
  readonly skewWithinMs: number
}

type TlsFiles = Pick<Settings, 'ETCD_CA_FILE' | 'ETCD_CERT_FILE' | 'ETCD_KEY_FILE'>

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
  quotaBytes: undefined,
  sizeBytes: undefined,
  syncMs: undefined,
  skewMs: undefined,
  skewWithinMs: 0,
} as const

interface ReadOptions {
  readonly files: TlsFiles
  /** Of each request. */
  readonly timeoutMs: number
  readonly clock: Clock
}

/** What cannot be known is a fault among the facts. */
export async function readEtcd(endpoint: string, options: ReadOptions): Promise<EtcdFacts> {
  try {
    return await askAll(endpoint, options)
  } catch (error) {
    return { endpoint, fault: toError(error).message, ...UNKNOWN }
  }
}

async function askAll(endpoint: string, { files, timeoutMs, clock }: ReadOptions): Promise<EtcdFacts> {
  const agent = openAgent(endpoint, files)
  const ask = (path: string) => get(new URL(path, endpoint), agent, timeoutMs, clock)
  try {
    // The first one makes the connection.
    const { version } = parseVersion((await ask('/version')).body)
    const asked: Answer[] = []
    while (asked.length < ASKED) asked.push(await ask('/version'))
    const [middle] = asked.toSorted((a, b) => a.tookMs - b.tookMs).slice(Math.floor(ASKED / 2))
    const health = parseHealth((await ask('/health')).body)
    const metrics = parseMetrics((await ask('/metrics')).body)
    const latencyMs = middle?.tookMs ?? 0
    return {
      endpoint,
      fault: undefined,
      version,
      latencyMs,
      sick: health,
      ...metrics,
      skewMs: middle?.skewMs,
      skewWithinMs: 500 + latencyMs / 2,
    }
  } finally {
    agent.destroy()
  }
}

/** Throws what reading the files throws. */
function openAgent(endpoint: string, files: TlsFiles): http.Agent {
  if (endpoint.startsWith('http:')) return new http.Agent({ keepAlive: true, maxSockets: 1 })
  const read = (file: string | undefined) => (file === undefined ? undefined : readFileSync(file))
  const [ca, cert, key] = [files.ETCD_CA_FILE, files.ETCD_CERT_FILE, files.ETCD_KEY_FILE].map(read)
  return new https.Agent({ keepAlive: true, maxSockets: 1, ca, cert, key })
}

/** /health answers 503 where it is sick, and says why: every status will do. */
function get(url: URL, agent: http.Agent, timeoutMs: number, clock: Clock): Promise<Answer> {
  const { request } = url.protocol === 'https:' ? https : http
  return new Promise((resolve, reject) => {
    const [startMs, startWallMs] = [clock.nowMs(), clock.wallMs()]
    const asked = request(url, { agent, signal: AbortSignal.timeout(timeoutMs) }, (response) => {
      let body = ''
      response.setEncoding('utf8').on('data', (text: string) => (body += text))
      response.once('error', reject)
      response.once('end', () => {
        const tookMs = clock.nowMs() - startMs
        const saidMs = Date.parse(response.headers.date ?? '')
        // It was said somewhere between, and cut to its second.
        const skewMs = Number.isNaN(saidMs) ? undefined : saidMs + 500 - (startWallMs + tookMs / 2)
        resolve({ body, tookMs, skewMs })
      })
    })
    asked.once('error', (error) => {
      reject(error.name === 'AbortError' ? new Error(`no answer within ${timeoutMs} ms`) : error)
    })
    asked.end()
  })
}

function parseVersion(body: string): { readonly version: string | undefined } {
  const { etcdserver } = JSON.parse(body) as { readonly etcdserver?: unknown }
  return { version: typeof etcdserver === 'string' ? etcdserver : undefined }
}

/** Up to 3.4 without a reason. */
function parseHealth(body: string): string | undefined {
  const { health, reason } = JSON.parse(body) as { readonly health?: unknown; readonly reason?: unknown }
  if (health === 'true' || health === true) return undefined
  return typeof reason === 'string' && reason !== '' ? reason : 'it has no quorum, or an alarm'
}

/** The few numbers that are wanted of Prometheus' text. */
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
