import { hash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** What travels on the link, and how, is said by files of these folders: a test compares them with what `link/` may import. */
export const LINK_FOLDERS = ['link', 'protocol', 'domain'] as const

/**
 * Of the files as they are on the disk when this module is loaded. A worker is started from the files on the disk, and these may be newer
 * than the primary, so that each would read garbage. It is another one also after a change that does no harm: nobody has to judge that.
 */
export const LINK_VERSION = readLinkVersion(join(import.meta.dirname, '..'))

/** @param folder that LINK_FOLDERS are in */
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

/** Whether the primary, which says `version` in its welcome, and this worker were made of the same files. */
export function isSameLink(version: unknown): boolean {
  return version === LINK_VERSION
}
