import { readFileSync } from 'node:fs'
import {
  Etcd3,
  type ICompare,
  type IKeyValue,
  type IOptions,
  type IRequestOp,
  type IResponseHeader,
  type ITxnResponse,
  type IWatchResponse,
} from 'etcd3'
import { toError } from '../../base/assert.ts'
import type { Clock } from '../../base/clock.ts'

/**
 * The only file that knows etcd3. It uses the raw calls, without etcd3's retries, each with a deadline. Keys are Buffers here.
 */

export type Compare = ICompare
export type Operation = IRequestOp
export type KeyValue = IKeyValue
export type TxnResponse = ITxnResponse
export type WatchResponse = IWatchResponse
/** Says which etcd cluster answered, and at which revision the member was. */
export type Header = Pick<IResponseHeader, 'cluster_id' | 'revision'>

export interface MemberOptions {
  readonly clock: Clock
  readonly login: { readonly username: string; readonly password: string } | undefined
  /** Paths of PEM files. */
  readonly tls: { readonly ca: string | undefined; readonly cert: string | undefined; readonly key: string | undefined }
}

export interface Txn {
  readonly compare: Compare[]
  readonly success: Operation[]
  readonly failure: Operation[]
}

interface Answer {
  readonly header: Header
}

/** One etcd member, or a load balancer before several. A call is made once, and ends within its time. */
export interface Member {
  readonly endpoint: string
  txn(txn: Txn, withinMs: number): Promise<TxnResponse>
  range(
    request: { key: Buffer; range_end?: Buffer; limit?: number; revision?: number; serializable?: boolean },
    withinMs: number,
  ): Promise<Answer & { readonly kvs: readonly KeyValue[] }>
  compact(revision: number, withinMs: number): Promise<Answer>
  leaseGrant(ttlS: number, withinMs: number): Promise<Answer & { readonly ID: string }>
  leaseRevoke(id: string, withinMs: number): Promise<Answer>
  /** `TTL` is the time that the lease has left, in seconds; 0 if it is gone. */
  leaseKeepAlive(id: string, withinMs: number): Promise<Answer & { readonly TTL: string }>
  /** Opens a watch from a revision on, over a connection of its own. */
  watch(
    request: { key: Buffer; range_end: Buffer; fromRevision: number },
    handlers: WatchHandlers,
  ): Promise<WatchStream>
  close(): void
}

export interface WatchHandlers {
  readonly onResponse: (response: WatchResponse) => void
  /** Called once; nothing comes after it. */
  readonly onEnd: (reason: string) => void
}

export interface WatchStream {
  /** Ends the watch. No handler is called any more. */
  close(): void
}

/** A policy that runs a call once. etcd3's own policies retry even transactions. */
const ONCE = { execute: async (run: (context: unknown) => unknown) => run({ signal: new AbortController().signal }) }

const CHANNEL_OPTIONS = {
  // A batch of the log may be larger than the 4 MB that gRPC takes by default.
  'grpc.max_receive_message_length': -1,
  'grpc.max_send_message_length': -1,
  'grpc.enable_retries': 0,
  // Each client has a connection of its own, so that the backlog of a watch does not hold up calls.
  'grpc.use_local_subchannel_pool': 1,
  'grpc.initial_reconnect_backoff_ms': 100,
  'grpc.max_reconnect_backoff_ms': 1000,
  // etcd closes connections that ping more often than every 5 s.
  'grpc.keepalive_time_ms': 10_000,
  'grpc.keepalive_timeout_ms': 3_000,
  'grpc.keepalive_permit_without_calls': 1,
}

const AUTHENTICATE_MS = 2_000

/** Connects at the first call. Throws if a PEM file cannot be read. */
export function openMember(endpoint: string, options: MemberOptions): Member {
  const { clock } = options
  const within = (ms: number) => ({ deadline: clock.wallMs() + ms })
  const newClient = () => new Etcd3(toEtcd3Options(endpoint, options))
  const client = newClient()
  return {
    endpoint,
    txn: (txn, withinMs) => client.kv.txn(txn, within(withinMs)),
    range: (request, withinMs) => client.kv.range(request, within(withinMs)),
    compact: (revision, withinMs) => client.kv.compact({ revision }, within(withinMs)),
    leaseGrant: (ttlS, withinMs) => client.leaseClient.leaseGrant({ TTL: ttlS }, within(withinMs)),
    leaseRevoke: (id, withinMs) => client.leaseClient.leaseRevoke({ ID: id }, within(withinMs)),
    leaseKeepAlive: (id, withinMs) => keepAlive(client, id, within(withinMs)),
    // Each attempt has a client of its own, with its own connection and login.
    watch: (request, handlers) => openWatch(newClient(), request, handlers),
    close: () => client.close(),
  }
}

function toEtcd3Options(endpoint: string, { login, tls, clock }: MemberOptions): IOptions {
  const callOptions = () => ({ deadline: clock.wallMs() + AUTHENTICATE_MS })
  return {
    hosts: endpoint,
    grpcOptions: CHANNEL_OPTIONS,
    faultHandling: { host: () => ONCE as never, global: ONCE as never },
    ...(login ? { auth: { ...login, callOptions } } : {}),
    ...(endpoint.startsWith('https:') ? { credentials: readCredentials(tls) } : {}),
  }
}

function readCredentials({ ca, cert, key }: MemberOptions['tls']): NonNullable<IOptions['credentials']> {
  return {
    // With null gRPC takes the system's authorities. etcd3's type does not allow null.
    rootCertificate: (ca === undefined ? null : readFileSync(ca)) as Buffer,
    ...(key === undefined ? {} : { privateKey: readFileSync(key) }),
    ...(cert === undefined ? {} : { certChain: readFileSync(cert) }),
  }
}

async function keepAlive(
  client: Etcd3,
  id: string,
  options: { deadline: number },
): ReturnType<Member['leaseKeepAlive']> {
  const stream = await client.leaseClient.leaseKeepAlive(options)
  try {
    return await new Promise((resolve, reject) => {
      stream.on('data', resolve)
      stream.on('error', reject)
      stream.on('end', () => reject(new Error('the stream of keepalives ended')))
      stream.write({ ID: id })
    })
  } finally {
    stream.end()
  }
}

async function openWatch(
  client: Etcd3,
  { key, range_end, fromRevision }: { key: Buffer; range_end: Buffer; fromRevision: number },
  { onResponse, onEnd }: WatchHandlers,
): Promise<WatchStream> {
  let open = true
  const end = (reason: string) => {
    if (!open) return
    open = false
    client.close()
    onEnd(reason)
  }
  try {
    const stream = await client.watchClient.watch()
    stream.on('data', (response) => open && onResponse(response))
    stream.on('error', (error) => end(error.message))
    stream.on('end', () => end('etcd ended the watch'))
    stream.write({ create_request: { key, range_end, start_revision: String(fromRevision), fragment: true } })
    return {
      close: () => {
        open = false
        stream.cancel()
        client.close()
      },
    }
  } catch (error) {
    client.close()
    throw toError(error)
  }
}
