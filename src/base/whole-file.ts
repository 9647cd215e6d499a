import { randomBytes } from 'node:crypto'
import { linkSync, rmSync, writeFileSync } from 'node:fs'

const OWNER_ONLY = 0o600

/**
 * Makes a file that appears whole or not at all, whatever dies in between. Returns false if it was there already, perhaps since a
 * moment. Throws what the file system throws.
 * @param mode who may read it; its owner only by default
 */
export function createWholeFile(file: string, content: string, mode = OWNER_ONLY): boolean {
  const draft = `${file}.${randomBytes(6).toString('hex')}`
  writeFileSync(draft, content, { mode, flag: 'wx', flush: true })
  try {
    linkSync(draft, file)
    return true
  } catch (error) {
    if (isExisting(error)) return false
    throw error
  } finally {
    rmSync(draft)
  }
}

function isExisting(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EEXIST'
}
