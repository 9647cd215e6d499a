import { statSync } from 'node:fs'
import { join } from 'node:path'

const ENVIRONMENTS = ['records', 'log', 'journal'] as const

/** How many bytes of the disk each environment takes. Throws what the file system throws. */
export function readFileSizes(dataDir: string): readonly (readonly [name: string, bytes: number])[] {
  return ENVIRONMENTS.map((name) => [name, statSync(join(dataDir, name, 'data.mdb')).size] as const)
}
