import { assert } from '../base/assert.ts'
import { Refusal } from '../protocol/errors.ts'
import { GUEST_PREFIX, isUserId, type Namespace, type UserId } from '../protocol/ids.ts'
import type { Headers } from './request-head.ts'
import { isPlayerId, type VerifiedToken } from '../auth/token.ts'
import type { VerifyKey } from '../auth/verify-key.ts'

/** Who a connection is. */
export interface Identity {
  readonly userId: UserId
  /** What its token was verified with; null: no token. */
  readonly tokenKey: VerifyKey | null
  /** Unix time in milliseconds; null: no token, so nothing that ends. */
  readonly expiresAtMs: number | null
}

export interface IdentityOptions {
  /** Whether `?token=` counts. */
  readonly allowQueryToken: boolean
  /** Whether X-User-ID counts, from a trusted proxy. */
  readonly allowTrustedHeader: boolean
  /** Throws a Refusal. */
  readonly verifyToken: (token: string) => VerifiedToken
  /** A whole id, `guest-` included. */
  readonly newGuestId: () => string
  readonly readResumeToken?: (token: string) => { readonly userId: UserId; readonly namespace: Namespace } | undefined
}

/** Where a client may say who it is. */
export interface Claims {
  readonly headers: Headers
  readonly query: ReadonlyMap<string, string>
  /** A token that it gave in another way: it is the one that counts. */
  readonly token?: string | undefined
}

/** How a browser, which cannot set headers, carries a token among the subprotocols it offers. */
export const BEARER_ENTRY = 'bearer.'

/** A token that is there counts, also beside a proxy's word: a bad one is never passed over. */
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

/** Random, or the one the guest had before: another namespace's or a player's id is not taken over. */
export function guestIdentity({ query }: Claims, namespace: Namespace, options: IdentityOptions): Identity {
  const token = query.get('resume')
  const known = token === undefined ? undefined : options.readResumeToken?.(token)
  if (known?.namespace === namespace && isGuestId(known.userId)) {
    return { userId: known.userId, expiresAtMs: null, tokenKey: null }
  }
  const userId = options.newGuestId()
  assert(isGuestId(userId), `not a guest's id: ${userId}`)
  return { userId, expiresAtMs: null, tokenKey: null }
}

function isGuestId(value: string): value is UserId {
  return isUserId(value) && value.startsWith(GUEST_PREFIX)
}

/** RFC 6750 section 2.1; where there is no such header, the first `bearer.` entry, as browsers cannot set headers. */
function bearerToken(headers: Headers): string | undefined {
  const [, token] = /^bearer(?: +(.*))?$/i.exec(headers.one('authorization') ?? '') ?? []
  if (token !== undefined) return token
  const entry = headers.list('sec-websocket-protocol').find((entry) => entry.startsWith(BEARER_ENTRY))
  return entry?.slice(BEARER_ENTRY.length)
}
