import { renameSync, writeFileSync } from 'node:fs'

/** As an editor saves: what looks at the file meanwhile sees the old text or the new one, and never half of it. */
export function saveFile(file: string, text: string): void {
  writeFileSync(`${file}.saving`, text)
  renameSync(`${file}.saving`, file)
}
