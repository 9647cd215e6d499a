import path from 'node:path'

/** Of the sources, or of what was built of them. */
const ROOT = path.join(import.meta.dirname, '..') + path.sep
/** They are games, as those of others are. */
const SAMPLES = path.join(ROOT, 'samples') + path.sep
const MODULES = `${path.sep}node_modules${path.sep}`

/** Whether somebody who writes games wrote the file: it is not Drumbeat's, and of no package. */
export function isAuthors(file: string): boolean {
  if (file.startsWith(ROOT)) return file.startsWith(SAMPLES)
  return !file.includes(MODULES)
}
