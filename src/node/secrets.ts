import { createPrivateKey, createPublicKey, generateKeyPairSync, randomBytes, type KeyObject } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DEV_SECRET_FILES, ensureSecret } from '../config/dev-secrets.ts'
import { isForDevelopment } from '../config/development.ts'
import type { Settings } from '../config/settings.ts'
import type { Log } from '../base/log.ts'
import { toError } from '../base/assert.ts'
import { createWholeFile } from '../base/whole-file.ts'
import type { PublicReceiptKey, ReceiptKeys } from '../protocol/shapes/shop.ts'
import type { TokenKey } from '../link/methods/worker.ts'
import type { JsonObject } from '../protocol/events.ts'
import { EXIT } from '../setup/exit-codes.ts'
import { StartError } from '../setup/start-error.ts'
import { decodeRecord, encodeRecord } from '../store/json-records.ts'
import type { Store, StoredRecord } from '../store/store.ts'

const RECEIPT_KEY_FILE_NAME = 'receipt-key.pem'
const RESUME_SECRET_KEY = 'meta/resume-secret'
const RECEIPT_KEY_KEY = 'meta/receipt-key'
const PUBLIC_KEYS_KEY = 'meta/receipt-public-keys'

/** Returns the key that verifies tokens. If none is configured, it is a development secret in the data folder, which is logged. */
export function readTokenKey(settings: Settings, log: Log): TokenKey {
  if (settings.AUTH_JWT_SECRET !== undefined) return { kind: 'secret', secret: settings.AUTH_JWT_SECRET }
  if (settings.AUTH_JWT_PUBLIC_KEY_FILE !== undefined) {
    return { kind: 'public', pem: readFileSync(settings.AUTH_JWT_PUBLIC_KEY_FILE, 'utf8') }
  }
  if (settings.AUTH_JWKS_URL !== undefined) return { kind: 'jwks' }
  const { secret } = ensureSecret(settings.DATA_DIR, DEV_SECRET_FILES.jwt)
  const file = join(settings.DATA_DIR, DEV_SECRET_FILES.jwt)
  log[levelOf(settings)]({ file }, 'no AUTH_JWT_* is set: player tokens are signed with a development secret')
  return { kind: 'secret', secret }
}

export function readAdminToken(settings: Settings, log: Log): string {
  if (settings.ADMIN_TOKEN !== undefined) return settings.ADMIN_TOKEN
  const file = join(settings.DATA_DIR, DEV_SECRET_FILES.admin)
  log[levelOf(settings)]({ file }, 'no ADMIN_TOKEN is set: the admin interface accepts a development token')
  return ensureSecret(settings.DATA_DIR, DEV_SECRET_FILES.admin).secret
}

/** A development secret is no reason for a warning on the machine of a developer. */
function levelOf(settings: Settings): 'info' | 'warn' {
  return isForDevelopment(settings) ? 'info' : 'warn'
}

/** Reads the secret of resume tokens. It is in the store, so each node can read the resume tokens of all others. */
export function readResumeSecret(store: Store): Promise<Uint8Array> {
  return readOrMake(store, RESUME_SECRET_KEY, () => randomBytes(32))
}

/** The Ed25519 key pair that signs this node's receipts, in PEM. */
export interface ReceiptKey {
  readonly signingKey: string
  readonly publicKey: string
}

/**
 * Reads the key from RECEIPT_KEY_FILE. If that is not set, the key is made once and kept in the data folder, or in the store if
 * nodes share one. The public keys of all keys that were ever used stay in the store, so that old receipts can be verified.
 */
export async function readReceiptKey(settings: Settings, store: Store): Promise<ReceiptKey> {
  const signingKey = await readSigningKey(settings, store)
  const publicKey = createPublicKey(createPrivateKey(signingKey)).export({ type: 'spki', format: 'pem' }).toString()
  await keepPublicKey(store, publicKey)
  return { signingKey, publicKey }
}

/** Returns the public key of this node, and all others that were ever used. While the key changes, other nodes may use another. */
export async function publishedKeys(store: Store, { publicKey }: ReceiptKey): Promise<ReceiptKeys> {
  const [record] = await store.get([PUBLIC_KEYS_KEY])
  const others = knownKeys(record).filter((pem) => pem !== publicKey)
  return { algorithm: 'Ed25519', ...toPublished(publicKey), previous: others.map(toPublished) }
}

async function readSigningKey({ RECEIPT_KEY_FILE, DATA_DIR, ETCD_ENDPOINTS }: Settings, store: Store): Promise<string> {
  if (RECEIPT_KEY_FILE !== undefined) return readKeyFile(RECEIPT_KEY_FILE)
  return ETCD_ENDPOINTS.length > 0 ? readSharedKey(store) : readOwnKey(DATA_DIR)
}

function readKeyFile(file: string): string {
  try {
    const pem = readFileSync(file, 'utf8')
    const { asymmetricKeyType: type } = createPrivateKey(pem)
    if (type !== 'ed25519') throw new Error(`it holds a private key of the type ${String(type)}, not Ed25519`)
    return pem
  } catch (cause) {
    throw new StartError(EXIT.configuration, `RECEIPT_KEY_FILE ${file}: ${toError(cause).message}`, cause)
  }
}

function toPublished(pem: string): PublicReceiptKey {
  return { public_key: pem, jwk: createPublicKey(pem).export({ format: 'jwk' }) as JsonObject }
}

async function keepPublicKey(store: Store, pem: string): Promise<void> {
  for (let isKept = false; !isKept;) {
    const [record] = await store.get([PUBLIC_KEYS_KEY])
    const known = knownKeys(record)
    if (known.includes(pem)) return
    const guards = [{ key: PUBLIC_KEYS_KEY, revision: record?.revision ?? 0 }]
    const puts = [{ key: PUBLIC_KEYS_KEY, value: encodeRecord([...known, pem]) }]
    isKept = (await store.commit({ guards, puts, durable: true })).committed
  }
}

function knownKeys(record: StoredRecord | undefined): readonly string[] {
  return record ? (decodeRecord(record) as string[]) : []
}

function readOwnKey(dataDir: string): string {
  const file = join(dataDir, RECEIPT_KEY_FILE_NAME)
  if (!existsSync(file)) createWholeFile(file, newSigningKey())
  return readFileSync(file, 'utf8')
}

async function readSharedKey(store: Store): Promise<string> {
  return Buffer.from(await readOrMake(store, RECEIPT_KEY_KEY, () => Buffer.from(newSigningKey()))).toString()
}

/** Returns the value of a key, and makes it if it is missing. If several nodes make it at once, all get the same value. */
async function readOrMake(store: Store, key: string, make: () => Uint8Array): Promise<Uint8Array> {
  // The value can be read even if the store accepts no writes now.
  const [kept] = await store.get([key])
  if (kept) return kept.value
  await store.commit({ guards: [{ key, revision: 0 }], puts: [{ key, value: make() }], durable: true })
  const [record] = await store.get([key])
  if (!record) throw new Error(`the store has no ${key}`)
  return record.value
}

function newSigningKey(): string {
  return toPem(generateKeyPairSync('ed25519').privateKey)
}

function toPem(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString()
}
