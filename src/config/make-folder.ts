import { mkdirSync, statSync } from 'node:fs'
import path from 'node:path'
import { hasCode } from '../base/error-code.ts'

const OWNER_ONLY = 0o700

/**
 * Makes a folder, for its owner only, and those above it; one that is there is fine. Throws what the file system throws.
 * mkdirSync's own `recursive` never returns where a folder is there and refuses new ones with ENOENT, as in /proc.
 */
export function makeFolder(folder: string): void {
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() === true) return
  const above = path.dirname(folder)
  if (above !== folder) makeFolder(above)
  try {
    mkdirSync(folder, OWNER_ONLY)
  } catch (error) {
    if (!hasCode(error, 'EEXIST') || !statSync(folder).isDirectory()) throw error
  }
}
