import type { TokenKey, WireKey } from '../link/methods/worker.ts'
import type { Settings } from '../config/settings.ts'
import { jwksKeySource } from '../auth/jwks.ts'
import { publicKeySource, secretKeySource, type Algorithm, type KeySource, type VerifyKey } from '../auth/verify-key.ts'

export interface WorkerKeys {
  readonly source: KeySource
  /** Whether tokens with this key are still valid. */
  isKnown(key: VerifyKey): boolean
  /** Replaces the keys. Call this when the primary has read the key set again. */
  set(keys: readonly WireKey[]): void
}

/** The keys that a worker verifies player tokens with. The primary reads a key set once for all workers. */
export function createWorkerKeys(
  key: TokenKey,
  settings: Pick<Settings, 'AUTH_JWT_ALGORITHMS'>,
  onUnknownKid: () => void,
): WorkerKeys {
  const algorithms: readonly Algorithm[] = settings.AUTH_JWT_ALGORITHMS
  if (key.kind === 'secret') return fixed(secretKeySource(key.secret, algorithms))
  if (key.kind === 'public') return fixed(publicKeySource(key.pem, algorithms))
  let keys: ReadonlyMap<string, VerifyKey> = new Map()
  const jwks = {
    keys: () => keys,
    get ready() {
      return keys.size > 0
    },
    noteUnknownKid: onUnknownKid,
  }
  return {
    source: jwksKeySource(jwks),
    isKnown: (key) => [...keys.values()].includes(key),
    set(wire) {
      keys = new Map(wire.map((given) => [given[0], kept(keys, given)]))
    },
  }
}

/** An unchanged key stays the same object, because connections and verified tokens refer to it. */
function kept(keys: ReadonlyMap<string, VerifyKey>, [kid, pem, algorithms]: WireKey): VerifyKey {
  const known = keys.get(kid)
  if (known?.key === pem && String(known.algorithms) === String(algorithms)) return known
  return { key: pem, algorithms: algorithms as Algorithm[] }
}

function fixed(source: KeySource): WorkerKeys {
  return { source, isKnown: () => true, set() {} }
}
