import { randomBytes } from 'node:crypto'
import { linkSync, rmSync, writeFileSync } from 'node:fs'
import { hasCode } from './error-code.ts'

const OWNER_ONLY = 0o600

/**
 * Creates a file that appears whole or not at all, even if the process dies meanwhile. Returns false if the file exists, also if
 * another process created it a moment ago. Throws what the file system throws.
 * @param mode who may access it; only its owner by default
 */
export function createWholeFile(file: string, content: string, mode = OWNER_ONLY): boolean {
  const draft = `${file}.${randomBytes(6).toString('hex')}`
  writeFileSync(draft, content, { mode, flag: 'wx', flush: true })
  try {
    linkSync(draft, file)
    return true
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false
    throw error
  } finally {
    rmSync(draft)
  }
}
