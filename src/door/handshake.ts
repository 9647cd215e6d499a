import { Refusal } from '../protocol/errors.ts'
import { type Encoding, SUBPROTOCOL } from '../protocol/events.ts'
import type { Namespace, UserId } from '../protocol/ids.ts'
import type { VerifyKey } from '../auth/verify-key.ts'
import { addressKey, createPeerReader } from './address.ts'
import type { Admission } from './admission.ts'
import type { HeadCheck } from './head-check.ts'
import { BEARER_ENTRY, guestIdentity, type Identity, type IdentityOptions, playerIdentity } from './identity.ts'
import { checkOrigin, corsHeaders, createOriginPolicy, type OriginPolicy } from './origin.ts'
import { preflightHeaders } from './preflight.ts'
import { refusalHeaders } from './refusal-headers.ts'
import { Headers, isUpgrade, readQuery, type RequestHead } from './request-head.ts'

export type { RequestHead } from './request-head.ts'

export type Access = 'private' | 'guest'

export interface Accepted {
  readonly kind: 'accept'
  readonly access: Access
  readonly namespace: Namespace
  readonly userId: UserId
  readonly encoding: Encoding
  /** Echo this in Sec-WebSocket-Protocol. Empty if none was offered. */
  readonly subprotocol: string
  /** Sec-WebSocket-Key */
  readonly key: string
  /** Unix time in milliseconds. Null if there is no token, so nothing expires. */
  readonly expiresAtMs: number | null
  /** The key that verified the token. Null if there is no token. */
  readonly tokenKey: VerifyKey | null
  /** The client's address, after trusted X-Forwarded-For entries were applied. */
  readonly address: string
  /** The key by which limits count the address: the address itself for IPv4, its /64 for IPv6. */
  readonly addressKey: string
  /** As the client sent it. The session's first frame says whether it could be used. */
  readonly resume: {
    readonly token: string
    readonly since: string
    /** Null means the rooms that the session had. */
    readonly rooms: readonly string[] | null
    /** Present if the primary has said that it still has the session. */
    readonly isRemembered?: true
  } | null
  /** Present if the transport's protocol has a name for the session. */
  readonly sessionId?: string
}

export interface Refused {
  readonly kind: 'refuse'
  /** May differ from the status of the refusal: 426 has no code of its own. */
  readonly status: number
  readonly refusal: Refusal
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
}

/** The 204 that answers a browser's question whether a page may send its request. */
export interface Preflight {
  readonly kind: 'preflight'
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
}

export type HandshakeResult = Accepted | Refused | Preflight

export interface HandshakeOptions extends IdentityOptions {
  /** `/core/game/v1/real-time` */
  readonly pathPrefix: string
  readonly namespaces: Readonly<Record<Access, Namespace>>
  /** `scheme://host[:port]` or `*` */
  readonly allowedOrigins: readonly string[]
  /** Addresses and CIDR ranges. */
  readonly trustedProxies: readonly string[]
  readonly checkHead: HeadCheck
  readonly admission: Pick<Admission, 'check'>
}

/** A request on its way through the checks. */
interface Attempt {
  readonly headers: Headers
  readonly namespace: Namespace
  readonly query: ReadonlyMap<string, string>
}

type Spoken = Pick<Accepted, 'encoding' | 'subprotocol'>
type Decided = Pick<Accepted, 'access' | 'address'> & Spoken & Identity
type Decide = (head: RequestHead) => HandshakeResult

const QUERY_NAMES = ['token', 'resume', 'since', 'rooms']
const UPGRADE_REQUIRED = 426

/**
 * Decides whether an upgrade becomes a socket, see section 1 of docs/reference/protocol.md. Also answers requests for these paths
 * without Upgrade: with the refusal that an upgrade would get, or with 426. A page can read such an answer, but a browser does
 * not show it why an upgrade failed. Synchronous, because uWS needs its answer before the handler returns. Throws only on a
 * defect, and on invalid options.
 */
export function createHandshake(options: HandshakeOptions): (head: RequestHead) => HandshakeResult {
  const origins = createOriginPolicy(options.allowedOrigins)
  const decide = createDecision(options, origins)
  return (head) => {
    const result = decideOrRefuse(decide, head)
    if (result.kind !== 'refuse') return result
    return { ...result, headers: { ...result.headers, ...corsHeaders(origins, new Headers(head.headers)) } }
  }
}

function decideOrRefuse(decide: Decide, head: RequestHead): HandshakeResult {
  try {
    return decide(head)
  } catch (error) {
    if (error instanceof Refusal) return refuse(error)
    throw error
  }
}

/** The checks are ordered by their cost, so that a flood is refused before a signature is checked for it. */
function createDecision(options: HandshakeOptions, origins: OriginPolicy): Decide {
  const { namespaces, admission, checkHead } = options
  const accessTo = createRoutes(options.pathPrefix)
  const peerOf = createPeerReader(options.trustedProxies)
  return (head) => {
    const headers = new Headers(head.headers)
    checkHead(head, headers)
    const access = accessTo(head)
    const { address, isProxied } = peerOf(head.remoteAddress, headers.all('x-forwarded-for'))
    const allowed = preflightHeaders(head.method, headers, { origins, methods: 'GET', isProxied })
    if (allowed) return { kind: 'preflight', headers: allowed }
    if (head.method !== 'GET') throw new Refusal('METHOD_NOT_ALLOWED', 'this path allows only GET')
    const upgrade = isUpgrade(headers)
    const attempt = { headers, namespace: namespaces[access], query: readQuery(head.query, QUERY_NAMES) }

    const notNow = admission.check(addressKey(address), attempt.namespace)
    if (notNow) throw notNow

    checkOrigin(headers, origins, isProxied)
    const spoken = chooseSubprotocol(headers)
    const identity =
      access === 'guest'
        ? guestIdentity(attempt, attempt.namespace, options)
        : playerIdentity(attempt, isProxied, options)
    if (!upgrade) return upgradeRequired()
    return accept(attempt, { access, address, ...spoken, ...identity })
  }
}

/** The paths of the namespaces, without a trailing slash. */
export function accessByPath(pathPrefix: string): ReadonlyMap<string, Access> {
  return new Map<string, Access>([
    [`${pathPrefix}/private`, 'private'],
    [`${pathPrefix}/public`, 'guest'],
    [`${pathPrefix}/guest`, 'guest'],
  ])
}

/** Compares paths as they were sent, byte for byte: not decoded, case-sensitive, and without a trailing slash. */
function createRoutes(pathPrefix: string): (head: RequestHead) => Access {
  const accessBy = accessByPath(pathPrefix)
  return ({ path }) => {
    const access = accessBy.get(path)
    if (access === undefined) throw new Refusal('NOT_FOUND', 'no such path')
    return access
  }
}

function accept({ headers, namespace, query }: Attempt, decided: Decided): Accepted {
  return {
    kind: 'accept',
    namespace,
    ...decided,
    addressKey: addressKey(decided.address),
    key: headers.one('sec-websocket-key') ?? '',
    resume: readResume(query),
  }
}

/**
 * Chooses the first known subprotocol, or JSON if none is offered. Entries that carry a token do not count as offers. Throws
 * BAD_REQUEST.
 */
function chooseSubprotocol(headers: Headers): Spoken {
  const offered = headers.list('sec-websocket-protocol').filter((entry) => !entry.startsWith(BEARER_ENTRY))
  if (offered.length === 0) return { encoding: 'json', subprotocol: '' }
  for (const subprotocol of offered) {
    if (subprotocol === SUBPROTOCOL.json) return { encoding: 'json', subprotocol }
    if (subprotocol === SUBPROTOCOL.msgpack) return { encoding: 'msgpack', subprotocol }
  }
  const path = 'sec-websocket-protocol'
  throw new Refusal(
    'BAD_REQUEST',
    `none of the offered subprotocols is known; known are ${Object.values(SUBPROTOCOL).join(', ')}`,
    { path },
  )
}

function readResume(query: ReadonlyMap<string, string>): Accepted['resume'] {
  const token = query.get('resume')
  if (token === undefined) return null
  const rooms = query
    .get('rooms')
    ?.split(',')
    .filter((room) => room !== '')
  return { token, since: query.get('since') ?? '', rooms: rooms ?? null }
}

function upgradeRequired(): Refused {
  const refusal = new Refusal('BAD_REQUEST', 'a WebSocket upgrade of version 13 is required')
  const headers = { upgrade: 'websocket', 'sec-websocket-version': '13' }
  return { kind: 'refuse', status: UPGRADE_REQUIRED, refusal, headers }
}

/** Adds the headers that HTTP requires beside the status. */
function refuse(refusal: Refusal): Refused {
  const { status } = refusal
  const allow = status === 405 ? { allow: 'GET' } : {}
  return { kind: 'refuse', status, refusal, headers: { ...refusalHeaders(refusal), ...allow } }
}
