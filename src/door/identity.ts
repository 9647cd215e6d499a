import { assert } from '../base/assert.ts'
import { Refusal } from '../protocol/errors.ts'
import { isGuestId, isUserId, type Namespace, type UserId } from '../protocol/ids.ts'
import type { Headers } from './request-head.ts'
import { isPlayerId, type VerifiedToken } from '../auth/token.ts'
import type { VerifyKey } from '../auth/verify-key.ts'

/** The user of a connection, and how it was proven. */
export interface Identity {
  readonly userId: UserId
  /** The key that verified its token. Null if there is no token. */
  readonly tokenKey: VerifyKey | null
  /** Unix time in milliseconds. Null if there is no token, so nothing expires. */
  readonly expiresAtMs: number | null
}

export interface IdentityOptions {
  /** Whether a token in `?token=` is accepted. */
  readonly allowQueryToken: boolean
  /** Whether X-User-ID is accepted from a trusted proxy. */
  readonly allowTrustedHeader: boolean
  /** Throws a Refusal. */
  readonly verifyToken: (token: string) => VerifiedToken
  /** Makes a whole id, `guest-` included. */
  readonly newGuestId: () => string
  readonly readResumeToken?: (token: string) => { readonly userId: UserId; readonly namespace: Namespace } | undefined
}

/** The places where a client may say who it is. */
export interface Claims {
  readonly headers: Headers
  readonly query: ReadonlyMap<string, string>
  /** A token that the client gave in another way. It takes precedence. */
  readonly token?: string | undefined
}

/** The prefix of a token among the offered subprotocols, for browsers, which cannot set headers. */
export const BEARER_ENTRY = 'bearer.'

/**
 * A token takes precedence, also over the header of a trusted proxy: a bad token is never ignored. Throws AUTH_REQUIRED,
 * TOKEN_INVALID and what `verifyToken` throws.
 */
export function playerIdentity(
  { headers, query, ...claims }: Claims,
  isProxied: boolean,
  options: IdentityOptions,
): Identity {
  const token = claims.token ?? bearerToken(headers) ?? (options.allowQueryToken ? query.get('token') : undefined)
  if (token !== undefined) return options.verifyToken(token)
  const named = options.allowTrustedHeader && isProxied ? headers.one('x-user-id') : undefined
  if (named === undefined) throw new Refusal('AUTH_REQUIRED', 'a token is required')
  if (!isPlayerId(named)) throw new Refusal('TOKEN_INVALID', 'X-User-ID is not a user id')
  return { userId: named, expiresAtMs: null, tokenKey: null }
}

/**
 * Returns a new random id, or the id that the guest had before if the resume token proves it. An id of another namespace or of a
 * player is not accepted.
 */
export function guestIdentity({ query }: Claims, namespace: Namespace, options: IdentityOptions): Identity {
  const token = query.get('resume')
  const known = token === undefined ? undefined : options.readResumeToken?.(token)
  if (known?.namespace === namespace && isGuestUserId(known.userId)) {
    return { userId: known.userId, expiresAtMs: null, tokenKey: null }
  }
  const userId = options.newGuestId()
  assert(isGuestUserId(userId), `not the id of a guest: ${userId}`)
  return { userId, expiresAtMs: null, tokenKey: null }
}

function isGuestUserId(value: string): value is UserId {
  return isUserId(value) && isGuestId(value)
}

/**
 * Reads the token of RFC 6750 section 2.1. Without that header, reads the first `bearer.` entry of the subprotocols, because
 * browsers cannot set headers.
 */
function bearerToken(headers: Headers): string | undefined {
  const [, token] = /^bearer(?: +(.*))?$/i.exec(headers.one('authorization') ?? '') ?? []
  if (token !== undefined) return token
  const entry = headers.list('sec-websocket-protocol').find((entry) => entry.startsWith(BEARER_ENTRY))
  return entry?.slice(BEARER_ENTRY.length)
}
