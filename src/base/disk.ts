import { statfsSync } from 'node:fs'

/** Free bytes on the file system of the folder: one system call of a few microseconds. Throws what the file system throws. */
export function readFreeBytes(folder: string): number {
  const { bavail, bsize } = statfsSync(folder)
  return bavail * bsize
}
