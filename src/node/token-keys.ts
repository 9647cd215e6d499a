import type { Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import type { Settings } from '../config/settings.ts'
import type { TokenKey, WireKey } from '../link/methods/worker.ts'
import { openJwks } from '../auth/jwks.ts'

/** The key set of player tokens. The primary reads it for all workers. */
export interface TokenKeys {
  readonly ready: boolean
  /** The keys that workers are told. Undefined until a set was read, and if no key set is configured. */
  readonly current: readonly WireKey[] | undefined
  /** Resolves after the first attempt to read the set. */
  readonly firstAttempt: Promise<void>
  noteUnknownKid(): void
  close(): void
}

export function openTokenKeys(options: {
  readonly tokenKey: TokenKey
  readonly settings: Settings
  readonly clock: Clock
  readonly log: Log
  readonly onKeys: (keys: readonly WireKey[]) => void
}): TokenKeys {
  const { settings, log } = options
  const place = settings.AUTH_JWKS_URL
  if (options.tokenKey.kind !== 'jwks' || place === undefined) return FIXED
  let current: readonly WireKey[] | undefined
  const jwks = openJwks({
    source: place.includes('://') ? new URL(place) : place,
    refreshMs: settings.AUTH_JWKS_REFRESH,
    algorithms: settings.AUTH_JWT_ALGORITHMS,
    clock: options.clock,
    onKeys: (keys) => {
      current = Array.from(keys, ([kid, { key, algorithms }]) => [kid, String(key), algorithms])
      options.onKeys(current)
    },
    onError: (err) => log.warn({ err, place }, 'the key set could not be read; the last good keys stay in use'),
  })
  return {
    get ready() {
      return jwks.ready
    },
    get current() {
      return current
    },
    firstAttempt: jwks.firstAttempt,
    noteUnknownKid: () => jwks.noteUnknownKid(),
    close: () => jwks.close(),
  }
}

const FIXED: TokenKeys = {
  ready: true,
  current: undefined,
  firstAttempt: Promise.resolve(),
  noteUnknownKid() {},
  close() {},
}
