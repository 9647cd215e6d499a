import type { TokenKey, WireKey } from '../link/methods/worker.ts'
import type { Settings } from '../config/settings.ts'
import { jwksKeySource } from '../auth/jwks.ts'
import { publicKeySource, secretKeySource, type Algorithm, type KeySource, type VerifyKey } from '../auth/verify-key.ts'

export interface WorkerKeys {
  readonly source: KeySource
  /** The primary has read the key set anew. */
  set(keys: readonly WireKey[]): void
}

/** The keys of player tokens at hand in a worker; a key set is read by the primary, once for all. */
export function createWorkerKeys(
  key: TokenKey,
  settings: Pick<Settings, 'AUTH_JWT_ALGORITHMS'>,
  onUnknownKid: () => void,
): WorkerKeys {
  const algorithms: readonly Algorithm[] = settings.AUTH_JWT_ALGORITHMS
  if (key.kind === 'secret') return { source: secretKeySource(key.secret, algorithms), set() {} }
  if (key.kind === 'public') return { source: publicKeySource(key.pem, algorithms), set() {} }
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
    set(wire) {
      keys = new Map(wire.map(([kid, pem, algorithms]) => [kid, { key: pem, algorithms: algorithms as Algorithm[] }]))
    },
  }
}
