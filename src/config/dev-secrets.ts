import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { createWholeFile } from '../base/whole-file.ts'
import { makeFolder } from './make-folder.ts'

const SECRET_BYTES = 32
/** A shorter secret means that the file was truncated or edited. */
const SECRET_LENGTH_MIN = 32

/** The files in DATA_DIR of the secrets that a server makes for itself if none are configured. */
export const DEV_SECRET_FILES = { jwt: 'dev-jwt-secret', admin: 'dev-admin-token' } as const

/**
 * Returns the secret in a file of the data folder, and makes the file if it is missing: 32 random bytes as base64url, readable
 * by the owner only. The file appears whole or not at all, so two processes that make it at once get the same secret.
 * Throws if the file holds too little, and what the file system throws.
 */
export function ensureSecret(dataDir: string, fileName: string): { secret: string; created: boolean } {
  const file = path.join(dataDir, fileName)
  const created = !existsSync(file) && createSecret(file)
  return { secret: readSecret(file), created }
}

/** Returns false if another process has made the file first. */
function createSecret(file: string): boolean {
  makeFolder(path.dirname(file))
  return createWholeFile(file, `${randomBytes(SECRET_BYTES).toString('base64url')}\n`)
}

function readSecret(file: string): string {
  const secret = readFileSync(file, 'utf8').trim()
  if (secret.length >= SECRET_LENGTH_MIN) return secret
  throw new Error(
    `${file} does not hold a secret of ${SECRET_LENGTH_MIN} characters or more: delete it and start again`,
  )
}
