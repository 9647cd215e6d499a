import { closeSync, fsyncSync, openSync, rmSync, statSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { toError } from '../../base/assert.ts'
import { readFreeBytes } from '../../base/disk.ts'
import { recordBytes } from '../log-codec.ts'
import { DiskFull, StoreUnavailable, type Transaction } from '../store.ts'
import { countFreeBytes } from './find-damage.ts'

const MEBIBYTE = 1024 * 1024
/** Writes that make the files grow have to leave this much of the disk for all others. */
const RESERVE_BYTES = 4 * MEBIBYTE
/**
 * Writes that fit into free pages need this much: they still grow the files a little, as free pages are not always where they are
 * needed.
 */
const WITHIN_FILES_BYTES = 1.5 * MEBIBYTE
/** This much is never used: a commit that met a full disk inside lmdb was seen to corrupt the process's memory. */
const LEAST_BYTES = 0.5 * MEBIBYTE
/**
 * A transaction takes this many times its bytes: for the pages around them, and because log records are written to the outbox and
 * to the log.
 */
const GROWTH = 3
/** How much a transaction of deletes may write beside them, for the server's own notes and the events about them. */
const HOUSEKEEPING_BYTES = 4 * 1024
/** If others fill the disk, this file is deleted, and deletes in the store use its space. */
const BALLAST_FILE = 'reserve'
const BALLAST_BYTES = 2 * MEBIBYTE

/**
 * The room on the disk, checked before each commit. If there is little, the log stops growing, and changed records have to fit
 * into free pages of their file. Deletes still work, so a full store can always be emptied.
 */
export class Space {
  readonly #folder: string
  readonly #records: string
  readonly #readFree: () => number
  /** Free bytes in the records' file at the last count, less what was promised since. */
  #freeBytes = 0
  #isBallastThere: boolean

  /** @param readFree returns how many bytes the disk has left */
  constructor(folder: string, readFree = () => readFreeOf(folder)) {
    this.#folder = folder
    this.#readFree = readFree
    this.#records = join(folder, 'records', 'data.mdb')
    this.#isBallastThere = statSync(join(folder, BALLAST_FILE), { throwIfNoEntry: false })?.size === BALLAST_BYTES
  }

  /** Call this before anything is written. Throws DiskFull if there is no room even for deletes. */
  open(): void {
    if (this.#readFree() > RESERVE_BYTES + 2 * BALLAST_BYTES) this.#makeBallast()
    this.#require(LEAST_BYTES)
  }

  /** Returns whether the log may grow. Throws DiskFull if there is no room. Costs one system call, a few microseconds. */
  require(transaction: Transaction): { readonly mayLogGrow: boolean } {
    const bytes = GROWTH * bytesOf(transaction)
    const free = this.#readFree()
    if (free >= RESERVE_BYTES + bytes) {
      if (!this.#isBallastThere && free > 2 * RESERVE_BYTES + bytes) this.#makeBallast()
      return { mayLogGrow: true }
    }
    if (isHousekeeping(transaction)) this.#require(LEAST_BYTES)
    else if (!isDurable(transaction) || this.#fitsWithin(bytes)) this.#require(WITHIN_FILES_BYTES + bytes)
    else throw noSpace(free, RESERVE_BYTES + bytes)
    return { mayLogGrow: false }
  }

  #fitsWithin(bytes: number): boolean {
    if (this.#freeBytes < WITHIN_FILES_BYTES + bytes) this.#freeBytes = countFreeBytes(this.#records)
    if (this.#freeBytes < WITHIN_FILES_BYTES + bytes) return false
    this.#freeBytes -= bytes
    return true
  }

  #require(bytes: number): void {
    if (this.#readFree() < bytes) this.#dropBallast()
    const free = this.#readFree()
    if (free < bytes) throw noSpace(free, bytes)
  }

  #makeBallast(): void {
    if (this.#isBallastThere) return
    const fd = openSync(join(this.#folder, BALLAST_FILE), 'w', 0o600)
    try {
      writeSync(fd, new Uint8Array(BALLAST_BYTES))
      fsyncSync(fd)
    } finally {
      closeSync(fd)
    }
    this.#isBallastThere = true
  }

  #dropBallast(): void {
    rmSync(join(this.#folder, BALLAST_FILE), { force: true })
    this.#isBallastThere = false
  }
}

/** Throws DiskFull if the disk has no room for the transaction beside the reserve. */
export function requireSpace(folder: string, transaction: Transaction): void {
  const free = readFreeOf(folder)
  const needed = RESERVE_BYTES + GROWTH * bytesOf(transaction)
  if (free < needed) throw noSpace(free, needed)
}

/**
 * Throws StoreUnavailable if the folder was moved or deleted. Files that are open in it still work, but the next start would find
 * another folder or none. So nothing is written until it is back.
 */
function readFreeOf(folder: string): number {
  try {
    return readFreeBytes(folder)
  } catch (cause) {
    const why = toError(cause).message
    throw new StoreUnavailable(`DATA_DIR ${folder} is not where it was (${why}): put it back`, { cause })
  }
}

function noSpace(free: number, needed: number): DiskFull {
  const mebibytes = (bytes: number) => `${(bytes / MEBIBYTE).toFixed(1)} MiB`
  return new DiskFull(`the disk has ${mebibytes(free)} left, and ${mebibytes(needed)} are needed`)
}

function isHousekeeping(transaction: Transaction): boolean {
  const { deletes = [] } = transaction
  return deletes.length > 0 && bytesOf(transaction) <= HOUSEKEEPING_BYTES
}

function isDurable({ durable, puts = [], deletes = [], guards = [] }: Transaction): boolean {
  return durable || puts.length + deletes.length + guards.length > 0
}

function bytesOf({ puts = [], log = [] }: Transaction): number {
  let bytes = 0
  for (const { value } of puts) bytes += value.length
  for (const record of log) bytes += recordBytes(record)
  return bytes
}
