import { accessSync, closeSync, constants, existsSync, fdatasyncSync, openSync, readFileSync } from 'node:fs'
import { realpathSync, rmSync, statSync, writeSync } from 'node:fs'
import path from 'node:path'
import { toError } from '../base/assert.ts'
import { readFreeBytes } from '../base/disk.ts'
import type { Clock } from '../base/clock.ts'
import { isFolderInUse } from '../setup/instance-lock.ts'

export interface DataFacts {
  /** DATA_DIR. If it does not exist, the nearest folder above it that does. */
  readonly place: string
  readonly isThere: boolean
  /** Why it cannot be written. Undefined if it can. */
  readonly fault: string | undefined
  /** As in stat's st_mode. */
  readonly mode: number
  readonly isInUse: boolean
  readonly freeBytes: number
  /** Such as ext4. Undefined if the system does not say. */
  readonly fileSystem: string | undefined
  /** How long writing a page to the disk takes: the median of several. Undefined if there was no folder to write to. */
  readonly syncMs: number | undefined
}

/** Creates no folder. If DATA_DIR exists, writes a file into it and deletes it again. */
export async function readData(dataDir: string, clock: Clock): Promise<DataFacts> {
  const isThere = existsSync(dataDir)
  const place = realpathSync(nearest(dataDir))
  const fault = faultOf(place)
  return {
    place,
    isThere,
    fault,
    mode: statSync(place).mode,
    isInUse: isThere && (await isFolderInUse(dataDir)),
    freeBytes: readFreeBytes(place),
    fileSystem: fileSystemOf(place, readMounts()),
    syncMs: isThere && fault === undefined ? measureSync(place, clock) : undefined,
  }
}

function nearest(folder: string): string {
  return existsSync(folder) ? folder : nearest(path.dirname(folder))
}

function faultOf(place: string): string | undefined {
  try {
    if (!statSync(place).isDirectory()) return 'it is no folder'
    accessSync(place, constants.R_OK | constants.W_OK | constants.X_OK)
    return undefined
  } catch (error) {
    return toError(error).message
  }
}

function readMounts(): string {
  try {
    return readFileSync('/proc/self/mountinfo', 'utf8')
  } catch {
    return '' // this is not Linux
  }
}

/**
 * The kind of file system that a folder is on, from the text of /proc/self/mountinfo. If mounts cover each other, the last one
 * counts.
 */
export function fileSystemOf(folder: string, mounts: string): string | undefined {
  let found: { readonly at: string; readonly kind: string } | undefined
  for (const line of mounts.split('\n')) {
    const [left = '', right = ''] = line.split(' - ')
    const at = (left.split(' ')[4] ?? '').replaceAll(/\\(\d{3})/g, (_, octal: string) =>
      String.fromCharCode(Number.parseInt(octal, 8)),
    )
    const isAbove = at === '/' || folder === at || folder.startsWith(`${at}/`)
    if (at !== '' && isAbove && at.length >= (found?.at.length ?? 0)) found = { at, kind: right.split(' ')[0] ?? '' }
  }
  return found?.kind
}

const PAGE_BYTES = 4096
const SYNCS = 11

function measureSync(folder: string, clock: Clock): number {
  const file = path.join(folder, `.doctor-${process.pid}`)
  const fd = openSync(file, 'wx', 0o600)
  try {
    const page = new Uint8Array(PAGE_BYTES)
    const took = Array.from({ length: SYNCS }, () => {
      const startMs = clock.nowMs()
      writeSync(fd, page)
      fdatasyncSync(fd)
      return clock.nowMs() - startMs
    })
    return took.toSorted((a, b) => a - b)[Math.floor(SYNCS / 2)] ?? 0
  } finally {
    closeSync(fd)
    rmSync(file)
  }
}
