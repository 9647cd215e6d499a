import { createHmac } from 'node:crypto'
import { isLoopback } from './loopback.ts'
import type { Settings } from './settings.ts'

const SECRETS = ['ADMIN_TOKEN', 'AUTH_JWT_SECRET', 'AUTH_JWT_PUBLIC_KEY_FILE', 'AUTH_JWKS_URL'] as const

/** Whether the server can be reached from this machine only: no proxy, other host name, second listener or cluster is set. */
export function isForDevelopment(settings: Settings): boolean {
  return (
    isLoopback(settings.HTTP_HOST) &&
    settings.ADMIN_LISTEN === undefined &&
    settings.ALLOWED_HOSTS === undefined &&
    settings.TRUSTED_PROXIES.length === 0 &&
    !settings.AUTH_TRUSTED_HEADER &&
    settings.ETCD_ENDPOINTS.length === 0
  )
}

/**
 * Whether the console may offer to sign in with one click: only for development, and only if no secret is set.
 * `door/sign-in.ts` checks each request.
 */
export function hasSignIn(settings: Settings): boolean {
  return isForDevelopment(settings) && SECRETS.every((name) => settings[name] === undefined)
}

const CODE_LENGTH = 22

/**
 * Returns the code that signing in needs: 132 bits, as base64url. The server prints it at the start as part of the console's
 * address. So only a person who sees that output can sign in, and not another user of this machine or somebody behind a tunnel.
 * The code stays the same over restarts, and the admin token cannot be computed from it.
 */
export function signInCode(adminToken: string): string {
  return createHmac('sha256', adminToken).update('drumbeat sign-in').digest('base64url').slice(0, CODE_LENGTH)
}

/**
 * Returns the address of the console with the code in its fragment, which browsers do not send to any server.
 * @param url the server's own, without a path
 */
export function signInUrl(url: string, adminToken: string): string {
  return `${url}/#sign-in=${signInCode(adminToken)}`
}
