import { readdirSync, statSync } from 'node:fs'

/** Whether it is a file of code that somebody wrote, by its name: no declarations, and no test. */
export function isScript(name: string): boolean {
  return /(?<!\.d|\.test)\.(?:ts|js|mjs)$/.test(name)
}

/** The scripts in a folder, sorted. */
export function scriptsIn(folder: string): readonly string[] {
  return readdirSync(folder).filter(isScript).sort()
}

/** Another text whenever the file was written or replaced, or a script in the folder came or went; empty if there is nothing. */
export function fileStamp(place: string): string {
  const stat = statSync(place, { throwIfNoEntry: false })
  if (!stat) return ''
  return stat.isDirectory() ? scriptsIn(place).join('/') : `${stat.mtimeMs} ${stat.size} ${stat.ino}`
}
