import { createPrivateKey, createPublicKey, generateKeyPairSync, randomBytes, type KeyObject } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DEV_SECRET_FILES, ensureSecret } from '../config/dev-secrets.ts'
import type { Settings } from '../config/settings.ts'
import type { Log } from '../base/log.ts'
import { createWholeFile } from '../base/whole-file.ts'
import type { TokenKey } from '../link/methods.ts'
import type { JsonObject } from '../protocol/events.ts'
import type { Store } from '../store/store.ts'

const RECEIPT_KEY_FILE = 'receipt-key.pem'
const RESUME_SECRET_KEY = 'meta/resume-secret'

/** What tokens are verified with: as configured, or a development secret of the data folder, with a warning. */
export function readTokenKey(settings: Settings, log: Log): TokenKey {
  if (settings.AUTH_JWT_SECRET !== undefined) return { kind: 'secret', secret: settings.AUTH_JWT_SECRET }
  if (settings.AUTH_JWT_PUBLIC_KEY_FILE !== undefined) {
    return { kind: 'public', pem: readFileSync(settings.AUTH_JWT_PUBLIC_KEY_FILE, 'utf8') }
  }
  if (settings.AUTH_JWKS_URL !== undefined) return { kind: 'jwks' }
  const { secret } = ensureSecret(settings.DATA_DIR, DEV_SECRET_FILES.jwt)
  const file = join(settings.DATA_DIR, DEV_SECRET_FILES.jwt)
  log.warn({ file }, 'no AUTH_JWT_* is set: player tokens are signed with a development secret')
  return { kind: 'secret', secret }
}

export function readAdminToken(settings: Settings, log: Log): string {
  if (settings.ADMIN_TOKEN !== undefined) return settings.ADMIN_TOKEN
  const file = join(settings.DATA_DIR, DEV_SECRET_FILES.admin)
  log.warn({ file }, 'no ADMIN_TOKEN is set: the admin interface takes a development token')
  return ensureSecret(settings.DATA_DIR, DEV_SECRET_FILES.admin).secret
}

/** In the store, so that every node reads the resume tokens of every other. */
export async function readResumeSecret(store: Store): Promise<Uint8Array> {
  const guards = [{ key: RESUME_SECRET_KEY, revision: 0 }]
  await store.commit({ guards, puts: [{ key: RESUME_SECRET_KEY, value: randomBytes(32) }], durable: true })
  const [record] = await store.get([RESUME_SECRET_KEY])
  if (!record) throw new Error('the store has no resume secret')
  return record.value
}

/** The Ed25519 key that signs receipts: made once, kept in the data folder. */
export interface ReceiptKey {
  /** PEM */
  readonly signingKey: string
  /** PEM */
  readonly publicKey: string
  readonly jwk: JsonObject
}

export function readReceiptKey(dataDir: string): ReceiptKey {
  const file = join(dataDir, RECEIPT_KEY_FILE)
  if (!existsSync(file)) createWholeFile(file, toPem(generateKeyPairSync('ed25519').privateKey))
  const signingKey = readFileSync(file, 'utf8')
  const publicKey = createPublicKey(createPrivateKey(signingKey))
  return {
    signingKey,
    publicKey: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    jwk: publicKey.export({ format: 'jwk' }) as JsonObject,
  }
}

function toPem(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString()
}
