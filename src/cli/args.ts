import { accessSync, constants } from 'node:fs'
import path from 'node:path'
import { systemClock } from '../base/clock.ts'
import { DEV_SECRET_FILES, ensureSecret } from '../config/dev-secrets.ts'
import { readEnvironment } from '../config/environment.ts'
import { localUrl, parseListen } from '../config/listen.ts'
import { loadConfig, type Config } from '../config/load.ts'
import type { SettingName } from '../config/settings.ts'
import { mintToken } from '../auth/token.ts'
import { EXIT } from '../setup/exit-codes.ts'
import { StartError } from '../setup/start-error.ts'

/** Thrown if the command line is wrong. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

export function loadSettings(): Config {
  return loadConfig({ env: readEnvironment() })
}

export function parseNumber(flag: string, text: string, least: number): number {
  const value = Number(text)
  if (Number.isInteger(value) && value >= least) return value
  throw new UsageError(`${flag} must be an integer from ${least} up, not ${text}`)
}

/** Throws UsageError if the text is not the URL of a server. */
export function parseUrl(text: string): URL {
  if (/^https?:\/\//.test(text) && URL.canParse(text)) return new URL(text)
  throw new UsageError(`${text} is not the URL of a server: http://host:port`)
}

export function print(text: string): void {
  process.stdout.write(text)
}

/** Returns the URL of a server with these settings, for a client on the same machine. */
export function urlOf({ HTTP_HOST, HTTP_PORT }: Config['settings']): string {
  return localUrl({ host: HTTP_HOST, port: HTTP_PORT })
}

/** Returns the URL of the admin interface of a server with these settings. */
export function adminUrlOf(settings: Config['settings']): string {
  const admin = parseListen(settings.ADMIN_LISTEN ?? '')
  return admin ? localUrl(admin) : urlOf(settings)
}

/** Throws StartError if ADMIN_TOKEN is not set and no server has made a token that this user may read. */
export function adminTokenOf(settings: Config['settings']): string {
  return settings.ADMIN_TOKEN ?? secretOf(settings, 'admin', 'ADMIN_TOKEN')
}

/**
 * Returns the secret that a server has made in its data folder, or undefined if there is none that this user may read. It is not
 * made here, because a running server would not know it.
 */
export function findSecret({ DATA_DIR }: Config['settings'], which: keyof typeof DEV_SECRET_FILES): string | undefined {
  const file = DEV_SECRET_FILES[which]
  return isReadable(path.join(DATA_DIR, file)) ? ensureSecret(DATA_DIR, file).secret : undefined
}

function isReadable(file: string): boolean {
  try {
    accessSync(file, constants.R_OK)
    return true
  } catch {
    return false
  }
}

function secretOf(settings: Config['settings'], which: keyof typeof DEV_SECRET_FILES, setting: SettingName): string {
  const secret = findSecret(settings, which)
  if (secret !== undefined) return secret
  throw new StartError(
    EXIT.configuration,
    `${setting} is not set, and no server has made a secret in ${settings.DATA_DIR} that you may read: run this in the server's folder, ` +
      `or set its DATA_DIR, CONFIG_FILE or ${setting}`,
  )
}

/** Makes a token for a player. Throws UsageError if the server has no secret, and StartError if this user cannot read it. */
export function tokenFor(sub: string, settings: Config['settings'], ttlMs?: number): string {
  const { AUTH_ISSUER: issuer, AUTH_AUDIENCE: audience } = settings
  return mintToken({
    secret: signingSecret(settings),
    sub,
    nowMs: systemClock.wallMs(),
    ...(ttlMs === undefined ? {} : { ttlMs }),
    ...(issuer === undefined ? {} : { issuer }),
    ...(audience === undefined ? {} : { audience }),
  })
}

function signingSecret(settings: Config['settings']): string {
  if (settings.AUTH_JWT_PUBLIC_KEY_FILE !== undefined || settings.AUTH_JWKS_URL !== undefined) {
    throw new UsageError('tokens are signed elsewhere: the server only has public keys')
  }
  return settings.AUTH_JWT_SECRET ?? secretOf(settings, 'jwt', 'AUTH_JWT_SECRET')
}
