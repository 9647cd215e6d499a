import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { createWholeFile } from '../base/whole-file.ts'
import { makeFolder } from './make-folder.ts'

const SECRET_BYTES = 32
/** Shorter is a file that somebody cut or that was never written to its end. */
const SECRET_LENGTH_MIN = 32

/** The files of the secrets that a server without configured ones makes for itself, in DATA_DIR. */
export const DEV_SECRET_FILES = { jwt: 'dev-jwt-secret', admin: 'dev-admin-token' } as const

/**
 * The secret in a file of the data folder, made at the first call: 32 random bytes as base64url, readable by its owner only.
 * The file appears whole or not at all, so that of two processes that make it at once both get the same.
 * Throws what the file system throws.
 */
export function ensureSecret(dataDir: string, fileName: string): { secret: string; created: boolean } {
  const file = path.join(dataDir, fileName)
  const created = !existsSync(file) && createSecret(file)
  return { secret: readSecret(file), created }
}

/** False where another process was first. */
function createSecret(file: string): boolean {
  makeFolder(path.dirname(file))
  return createWholeFile(file, `${randomBytes(SECRET_BYTES).toString('base64url')}\n`)
}

function readSecret(file: string): string {
  const secret = readFileSync(file, 'utf8').trim()
  if (secret.length >= SECRET_LENGTH_MIN) return secret
  throw new Error(
    `${file} does not hold a secret of ${SECRET_LENGTH_MIN} characters or more: remove it, and start again`,
  )
}
