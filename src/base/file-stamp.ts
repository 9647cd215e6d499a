import { readdirSync, statSync } from 'node:fs'

/** Whether a file, by its name, is code that somebody wrote: neither a declaration (`.d.ts`) nor a test (`.test.ts`). */
export function isScript(name: string): boolean {
  return /(?<!\.d|\.test)\.(?:ts|js|mjs)$/.test(name)
}

export function scriptsIn(folder: string): readonly string[] {
  return readdirSync(folder).filter(isScript).sort()
}

/**
 * A text that changes when the file is written or replaced, or when a script is added to or removed from the folder. Empty if
 * there is no such file or folder.
 */
export function fileStamp(place: string): string {
  const stat = statSync(place, { throwIfNoEntry: false })
  if (!stat) return ''
  return stat.isDirectory() ? scriptsIn(place).join('/') : `${stat.mtimeMs} ${stat.size} ${stat.ino}`
}
