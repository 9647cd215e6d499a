import { createHmac, timingSafeEqual } from 'node:crypto'
import { isObject } from '../protocol/envelope.ts'
import { isUserId, type Namespace, type UserId } from '../protocol/ids.ts'

/** Who a returning client is. */
export interface ResumeIdentity {
  readonly sessionId: string
  readonly userId: UserId
  readonly namespace: Namespace
  /**
   * Counts the tokens of a session, as each connection gets a new one. Null for transports whose clients keep one token, such as
   * Socket.IO.
   */
  readonly use: number | null
  /**
   * The place in the log where the session began; older events were never its own. If absent, only the primary that had the
   * session knows.
   */
  readonly begun?: { readonly epoch: string; readonly offset: number }
}

export interface ResumeTokens {
  issue(identity: ResumeIdentity): string
  /** Returns undefined if the token is not one of ours, was altered, or is older than its time to live. */
  read(token: string): ResumeIdentity | undefined
}

export interface ResumeTokenOptions {
  /** All nodes share it, so that a client can come back to any of them. */
  readonly secret: Uint8Array
  readonly ttlMs: number
  /** Unix time, because the token outlives the process that issued it. */
  readonly nowMs: () => number
}

// Ids have at most 64 characters, so our tokens are far shorter.
const TOKEN_LENGTH_MAX = 512
const TOKEN = /^([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]{43})$/
// Keeps these MACs apart from other uses of the same secret.
const PURPOSE = 'drumbeat resume token v1\0'

/**
 * `base64url(JSON of sid, uid, ns, n, iat, ep, at)` `.` `base64url(HMAC-SHA256)`. Nothing is stored, and any worker can read it.
 */
export function createResumeTokens({ secret, ttlMs, nowMs }: ResumeTokenOptions): ResumeTokens {
  const macOf = (body: string) => createHmac('sha256', secret).update(PURPOSE).update(body).digest('base64url')
  return {
    issue: ({ sessionId, userId, namespace, use, begun }) => {
      const place = begun && { ep: begun.epoch, at: begun.offset }
      const claims = { sid: sessionId, uid: userId, ns: namespace, n: use, iat: nowMs(), ...place }
      const body = Buffer.from(JSON.stringify(claims)).toString('base64url')
      return `${body}.${macOf(body)}`
    },
    read: (token) => {
      if (token.length > TOKEN_LENGTH_MAX) return undefined
      const [, body, mac] = TOKEN.exec(token) ?? []
      if (body === undefined || mac === undefined) return undefined
      if (!timingSafeEqual(Buffer.from(macOf(body)), Buffer.from(mac))) return undefined
      return readClaims(JSON.parse(Buffer.from(body, 'base64url').toString()), nowMs() - ttlMs)
    },
  }
}

/** The MAC was right, so claims of another shape come from another version of Drumbeat. Such a session is not resumed. */
function readClaims(claims: unknown, oldestMs: number): ResumeIdentity | undefined {
  if (!isObject(claims)) return undefined
  const { sid, uid, ns, n, iat, ep, at } = claims
  if (typeof sid !== 'string' || !isUserId(uid) || typeof ns !== 'string') return undefined
  if (typeof iat !== 'number' || iat < oldestMs) return undefined
  const begun = typeof ep === 'string' && typeof at === 'number' ? { epoch: ep, offset: at } : undefined
  const use = typeof n === 'number' ? n : null
  return { sessionId: sid, userId: uid, namespace: ns as Namespace, use, ...(begun && { begun }) }
}
