import { createHmac } from 'node:crypto'
import { isLoopback } from './loopback.ts'
import type { Settings } from './settings.ts'

const SECRETS = ['ADMIN_TOKEN', 'AUTH_JWT_SECRET', 'AUTH_JWT_PUBLIC_KEY_FILE', 'AUTH_JWKS_URL'] as const

/** Whether only programs of this machine are served, and nothing is set that speaks of a proxy, other names or other nodes. */
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

/** Whether the console may sign one in with one click: for development, and as long as no secret is set. What a request must be is in `door/sign-in.ts`. */
export function hasSignIn(settings: Settings): boolean {
  return isForDevelopment(settings) && SECRETS.every((name) => settings[name] === undefined)
}

const CODE_LENGTH = 22

/**
 * What signing in takes: 132 bits that stand in the address that the server prints at its start, so that nobody signs in who cannot see that. Other users
 * of this machine cannot, nor can somebody who comes by a tunnel. It stays the same over restarts, and says nothing of the admin token it is made of.
 */
export function signInCode(adminToken: string): string {
  return createHmac('sha256', adminToken).update('drumbeat sign-in').digest('base64url').slice(0, CODE_LENGTH)
}

/** The console's address with the code, which a browser sends to nobody. @param url of the server */
export function signInUrl(url: string, adminToken: string): string {
  return `${url}/#sign-in=${signInCode(adminToken)}`
}
