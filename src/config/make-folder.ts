import { mkdirSync, statSync } from 'node:fs'
import path from 'node:path'
import { hasCode } from '../base/error-code.ts'

const OWNER_ONLY = 0o700

/**
 * Makes a folder, accessible to its owner only, and the folders above it, unless they exist. Throws what the file system throws.
 * The option `recursive` of mkdirSync is not used: it never returns if an existing folder refuses new ones with ENOENT, as
 * /proc does.
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
