import { FirstTime } from '../base/first-time.ts'
import type { Misfit } from '../link/methods/operations.ts'
import type { PrimaryMethods } from '../link/methods/primary.ts'
import type { LimitKind } from '../metrics/catalog/clients.ts'
import type { Metrics } from '../metrics/metrics.ts'
import { CLOSE } from '../protocol/close-codes.ts'
import { Refusal, type ErrorCode } from '../protocol/errors.ts'
import { SHORT_OF_MEMORY } from '../door/admission.ts'
import { addressKey, createPeerReader } from '../door/address.ts'
import type { Connection } from '../session/connection.ts'
import type { Accepted, HandshakeResult } from '../door/handshake.ts'
import { Misdirected } from '../door/host.ts'
import { headerValues, type RequestHead } from '../door/request-head.ts'
import type { SecurityEvent, SecurityLog } from '../door/security-log.ts'
import type { SocketIoGate } from '../door/socket-io-gate.ts'

/** Metrics and the security log. The parts of a worker report here what they refuse and close. */
export interface Watch {
  readonly handshake: (decide: (head: RequestHead) => HandshakeResult) => (head: RequestHead) => HandshakeResult
  readonly gate: (gate: SocketIoGate) => SocketIoGate
  readonly refused: (refusal: Refusal, connection: Connection, eventType: string | undefined) => void
  readonly limited: (kind: LimitKind) => void
  /** Call this when a user has exceeded a limit of this kind. */
  readonly saidTooMuch: (kind: LimitKind, connection: Connection) => void
  readonly overLimit: (connection: Connection) => void
  readonly closed: (connection: Connection) => void
  readonly httpLimited: (head: RequestHead) => void
  readonly acceptLimited: (address: string) => void
  readonly httpRefused: (refusal: Refusal, head: RequestHead) => void
  /** Call this at the first request of a Socket.IO client that cannot be served. */
  readonly misfit: (kind: Misfit, head: RequestHead) => void
}

interface WatchOptions {
  readonly metrics: Metrics
  readonly security: SecurityLog
  /** Addresses and CIDR ranges. */
  readonly trustedProxies: readonly string[]
  readonly tellMisfit: (misfit: PrimaryMethods['misfit']['args']) => void
}

const HANDSHAKE_EVENTS: Partial<Record<ErrorCode, SecurityEvent>> = {
  AUTH_REQUIRED: 'auth_required',
  TOKEN_INVALID: 'token_invalid',
  TOKEN_EXPIRED: 'token_expired',
  ORIGIN_FORBIDDEN: 'origin_forbidden',
  RATE_LIMITED: 'connect_limited',
  OVERLOADED: 'namespace_full',
}

/** These are logged with the refusal's own message, because they have several reasons. */
const EXPLAINED: ReadonlySet<SecurityEvent> = new Set(['token_invalid', 'origin_forbidden', 'host_refused'])

/** Security events for requests on a socket. A guest who may not do something is not a security event. */
const REQUEST_EVENTS: Partial<Record<ErrorCode, SecurityEvent>> = {
  TOKEN_INVALID: 'token_invalid',
  TOKEN_EXPIRED: 'token_expired',
  IDEMPOTENCY_CONFLICT: 'idempotency_conflict',
}

const HTTP_EVENTS: Partial<Record<ErrorCode, SecurityEvent>> = {
  TOKEN_INVALID: 'admin_token_invalid',
  IDEMPOTENCY_CONFLICT: 'idempotency_conflict',
}

const CLOSE_EVENTS: Partial<Record<number, SecurityEvent>> = {
  [CLOSE.rateLimit]: 'rate_limit_closed',
  [CLOSE.badRequests]: 'bad_requests_closed',
  [CLOSE.tokenInvalid]: 'token_of_another',
}

function eventOf(refusal: Refusal, events: Partial<Record<ErrorCode, SecurityEvent>>): SecurityEvent | undefined {
  return refusal instanceof Misdirected ? 'host_refused' : events[refusal.code]
}

/** How many addresses are remembered of clients that cannot be served. */
const MISFITS_MAX = 10_000

export function createWatch({ metrics, security, trustedProxies, tellMisfit }: WatchOptions): Watch {
  const peerOf = createPeerReader(trustedProxies)
  const addressOf = (head: RequestHead) => peerOf(head.remoteAddress, headerValues(head, 'x-forwarded-for')).address
  const limited = (kind: LimitKind) => metrics.rateLimited.inc({ kind })

  const noteHead = (event: SecurityEvent, head: RequestHead, reason?: string) => {
    const address = addressOf(head)
    const [origin] = event === 'origin_forbidden' ? headerValues(head, 'origin') : []
    security.note(event, addressKey(address), {
      address,
      path: head.path,
      ...(origin === undefined ? {} : { origin }),
      ...(reason === undefined ? {} : { reason }),
    })
  }

  const noteConnection = (
    event: SecurityEvent,
    { addressKey, userId, namespace }: Connection,
    path: string = namespace,
  ) => security.note(event, addressKey, { address: addressKey, user: userId, path })

  const handshakeRefused = (refusal: Refusal, head: RequestHead) => {
    const { code, message } = refusal
    metrics.handshakes.inc({ result: code })
    if (code === 'RATE_LIMITED') limited('connect')
    // Lack of memory is not the fault of the client that connects.
    const event = message === SHORT_OF_MEMORY ? undefined : eventOf(refusal, HANDSHAKE_EVENTS)
    if (event) noteHead(event, head, EXPLAINED.has(event) ? message : undefined)
  }

  return {
    handshake: (decide) => (head) => {
      const result = decide(head)
      if (result.kind === 'accept') metrics.handshakes.inc({ result: 'accepted' })
      else if (result.kind === 'refuse') handshakeRefused(result.refusal, head)
      return result
    },

    gate: (gate) => watchGate(gate, handshakeRefused, () => metrics.handshakes.inc({ result: 'accepted' })),

    refused: ({ code }, connection, eventType) => {
      metrics.refusals.inc({ code })
      const event = REQUEST_EVENTS[code]
      if (event) noteConnection(event, connection, eventType)
    },

    limited,

    saidTooMuch: (kind, connection) => {
      limited(kind)
      noteConnection('said_too_much', connection, kind)
    },

    overLimit: (connection) => {
      limited('connections')
      noteConnection('connection_limit', connection)
    },

    closed: (connection) => {
      const isOfKey = connection.closedWith === CLOSE.tokenInvalid && connection.keyGoneSinceMs > 0
      const event = isOfKey ? 'key_gone' : connection.closedWith && CLOSE_EVENTS[connection.closedWith]
      if (event) noteConnection(event, connection)
    },

    httpLimited: (head) => {
      limited('http')
      noteHead('http_limited', head)
    },

    acceptLimited: (address) => {
      limited('http')
      security.note('http_limited', addressKey(address), { address })
    },

    httpRefused: (refusal, head) => {
      const event = eventOf(refusal, HTTP_EVENTS)
      if (event) noteHead(event, head, EXPLAINED.has(event) ? refusal.message : undefined)
    },

    misfit: createMisfitNews(addressOf, tellMisfit),
  }
}

/** Reports each address once. */
function createMisfitNews(addressOf: (head: RequestHead) => string, tell: WatchOptions['tellMisfit']): Watch['misfit'] {
  const told = new FirstTime(MISFITS_MAX)
  return (kind, head) => {
    const address = addressKey(addressOf(head))
    if (told.isFirst(`${kind} ${address}`)) tell({ kind, address, path: head.path })
  }
}

/**
 * A Socket.IO client says who it is only in its first packet, after its first request was admitted. So this remembers the head of
 * that request.
 */
function watchGate(
  gate: SocketIoGate,
  onRefused: (refusal: Refusal, head: RequestHead) => void,
  onAccepted: () => void,
): SocketIoGate {
  const heads = new WeakMap<object, RequestHead>()
  const watched = <T>(run: () => T, head: RequestHead | undefined): T => {
    try {
      return run()
    } catch (thrown) {
      if (thrown instanceof Refusal && head) onRefused(thrown, head)
      throw thrown
    }
  }
  return {
    ...gate,
    check: (head) => watched(() => gate.check(head), head),
    admit: (head, access) => {
      const admitted = watched(() => gate.admit(head, access), head)
      heads.set(admitted, head)
      return admitted
    },
    preflightHeaders: (head) => watched(() => gate.preflightHeaders(head), head),
    accept: (admitted, claims): Accepted => {
      const accepted = watched(() => gate.accept(admitted, claims), heads.get(admitted))
      onAccepted()
      return accepted
    },
  }
}
