import { hash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** The folders whose files determine what travels on the link, and how. A test compares them with what `link/` may import. */
export const LINK_FOLDERS = ['link', 'protocol', 'domain'] as const

/**
 * A hash of these files as they are on disk when this module is loaded. A worker is started from the files on disk, which may be
 * newer than the primary, and then the two would misread each other. Harmless changes give another version, too, so that nobody
 * has to judge them.
 */
export const LINK_VERSION = readLinkVersion(join(import.meta.dirname, '..'))

/** @param folder the folder that contains LINK_FOLDERS */
export function readLinkVersion(folder: string): string {
  const files = LINK_FOLDERS.flatMap((name) => {
    return readdirSync(join(folder, name), { recursive: true, encoding: 'utf8' }).map((file) => join(name, file))
  })
  const code = files.filter((file) => /(?<!\.d)\.[jt]s$/.test(file)).sort()
  return hash(
    'sha256',
    JSON.stringify(code.map((file) => [file, readFileSync(join(folder, file), 'utf8')])),
    'base64url',
  )
}

/** Whether the primary, which sends `version` in its welcome, and this process were started from the same files. */
export function isSameLink(version: unknown): boolean {
  return version === LINK_VERSION
}
