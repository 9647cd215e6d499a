import { accessSync, closeSync, constants, existsSync, fdatasyncSync, openSync, readFileSync } from 'node:fs'
import { realpathSync, rmSync, statSync, writeSync } from 'node:fs'
import path from 'node:path'
import { toError } from '../base/assert.ts'
import { readFreeBytes } from '../base/disk.ts'
import type { Clock } from '../base/clock.ts'
import { isFolderInUse } from '../setup/instance-lock.ts'

export interface DataFacts {
  /** DATA_DIR, or the folder above it that is there. */
  readonly place: string
  readonly isThere: boolean
  /** Why it cannot be written; undefined: it can. */
  readonly fault: string | undefined
  /** As in stat's st_mode. */
  readonly mode: number
  readonly isInUse: boolean
  readonly freeBytes: number
  /** Such as ext4; undefined where the system does not tell. */
  readonly fileSystem: string | undefined
  /** Of a page to the disk: the median of some; undefined where there was nothing to write to. */
  readonly syncMs: number | undefined
}

/** Makes no folder; a file is written into DATA_DIR, where that is there, and taken away. */
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
    return '' // not Linux
  }
}

/** The kind of the file system a folder is on, by the text of /proc/self/mountinfo: of mounts over each other the last counts. */
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
