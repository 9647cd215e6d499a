import { renameSync, writeFileSync } from 'node:fs'

/** Saves as an editor does: a reader sees the old text or the new one, never half of it. */
export function saveFile(file: string, text: string): void {
  writeFileSync(`${file}.saving`, text)
  renameSync(`${file}.saving`, file)
}
