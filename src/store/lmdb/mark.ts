import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { hasCode } from '../../base/error-code.ts'
import { isObject } from '../../protocol/envelope.ts'

/**
 * How an environment that is written without sync was left. It is a small file beside the environment, so that it can be read
 * before the environment is opened.
 */
export interface Mark {
  /** Identifies the run of the machine that wrote the environment. */
  readonly bootId: string
  /** True if it was closed in order, with all on disk. */
  readonly clean: boolean
  /** True if every write was synced. */
  readonly sync: boolean
  /** For the embedded store: the id of its records, and their revision when this was written. */
  readonly storeId?: string
  readonly revision?: number
  /** The log's last offset, if the log was closed in order. */
  readonly logHead?: number
}

/** Returns undefined if there is no mark, and 'damaged' if it cannot be read. */
export function readMark(file: string): Mark | 'damaged' | undefined {
  try {
    const mark: unknown = JSON.parse(readFileSync(file, 'utf8'))
    return isMark(mark) ? mark : 'damaged'
  } catch (error) {
    if (error instanceof SyntaxError) return 'damaged'
    if (hasCode(error, 'ENOENT')) return undefined
    throw error
  }
}

/** Replaces the mark atomically. It is on disk when this returns. Throws what the file system throws. */
export function writeMark(file: string, mark: Mark): void {
  const fresh = `${file}.new`
  const fd = openSync(fresh, 'w', 0o600)
  try {
    writeSync(fd, `${JSON.stringify(mark)}\n`)
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
  renameSync(fresh, file)
  syncFolder(dirname(file))
}

/** Whether a power cut may have left the environment torn. */
export function mayBeTorn(mark: Mark | 'damaged', bootId: string): boolean {
  return mark === 'damaged' || !(mark.clean || mark.sync || mark.bootId === bootId)
}

function isMark(value: unknown): value is Mark {
  return (
    isObject(value) &&
    typeof value.bootId === 'string' &&
    typeof value.clean === 'boolean' &&
    typeof value.sync === 'boolean'
  )
}

function syncFolder(folder: string): void {
  const fd = openSync(folder, 'r')
  try {
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
}
