import { statfsSync, statSync } from 'node:fs'
import { join } from 'node:path'

const ENVIRONMENTS = ['records', 'log'] as const

/** What the two environments take of the disk, and what is left; bytes. Throws what the file system throws. */
export function readDiskUse(dataDir: string) {
  const { bavail, bsize } = statfsSync(dataDir)
  const files = ENVIRONMENTS.map((name) => [name, statSync(join(dataDir, name, 'data.mdb')).size] as const)
  return { files, freeBytes: bavail * bsize }
}
