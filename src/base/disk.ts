import { statfsSync } from 'node:fs'

/** Bytes that are left where the folder is. One system call, a few microseconds; throws what the file system throws. */
export function readFreeBytes(folder: string): number {
  const { bavail, bsize } = statfsSync(folder)
  return bavail * bsize
}
