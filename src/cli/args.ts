import { parseArgs, type ParseArgsConfig } from 'node:util'
import { toError } from '../base/assert.ts'
import { systemClock } from '../base/clock.ts'
import { DEV_SECRET_FILES, ensureSecret } from '../config/dev-secrets.ts'
import { readEnvironment } from '../config/environment.ts'
import { showHost } from '../config/listen.ts'
import { loadConfig, type Config } from '../config/load.ts'
import { mintToken } from '../session/token.ts'

/** Wrong words on the command line. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

export function parse<const Options extends NonNullable<ParseArgsConfig['options']>>(
  args: readonly string[],
  options: Options,
) {
  try {
    return parseArgs({ args: [...args], allowPositionals: true, strict: true, options })
  } catch (error) {
    throw new UsageError(toError(error).message)
  }
}

export function loadSettings(): Config {
  return loadConfig({ env: readEnvironment() })
}

export function parseNumber(flag: string, text: string, least: number): number {
  const value = Number(text)
  if (Number.isInteger(value) && value >= least) return value
  throw new UsageError(`${flag} must be an integer from ${least} up, not ${text}`)
}

export function print(text: string): void {
  process.stdout.write(text)
}

/** Where the admin interface of a server with these settings is. */
export function adminUrlOf({ ADMIN_LISTEN, HTTP_HOST, HTTP_PORT }: Config['settings']): string {
  return `http://${ADMIN_LISTEN ?? `${showHost(HTTP_HOST)}:${HTTP_PORT}`}`
}

/** A token for the player, signed with the configured secret. */
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
    throw new UsageError('tokens are signed elsewhere: the server has public keys only')
  }
  return settings.AUTH_JWT_SECRET ?? ensureSecret(settings.DATA_DIR, DEV_SECRET_FILES.jwt).secret
}
