import path from 'node:path'

/** The folder of the sources, or of their build. */
const ROOT = path.join(import.meta.dirname, '..') + path.sep
/** Samples count as code of an author, although they come with Drumbeat. */
const SAMPLES = path.join(ROOT, 'samples') + path.sep
const MODULES = `${path.sep}node_modules${path.sep}`

/** Whether an author of games wrote the file: it belongs neither to Drumbeat nor to a package. */
export function isAuthors(file: string): boolean {
  if (file.startsWith(ROOT)) return file.startsWith(SAMPLES)
  return !file.includes(MODULES)
}
