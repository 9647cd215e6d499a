import { readFreeBytes } from '../../base/disk.ts'
import { recordBytes } from '../log-codec.ts'
import { StoreUnavailable, type Transaction } from '../store.ts'

/** Never to be used: a commit that meets a full disk inside lmdb has been seen to corrupt the process's memory. */
const RESERVE_BYTES = 4 * 1024 * 1024
/** Of what is put, for the pages around it, and as log records are written twice, to the outbox and to the log. */
const GROWTH = 3

/** Throws StoreUnavailable where the disk has no room for the transaction. Costs one system call, a few microseconds. */
export function requireSpace(folder: string, transaction: Transaction): void {
  const free = readFreeBytes(folder)
  const needed = RESERVE_BYTES + GROWTH * bytesOf(transaction)
  if (free >= needed) return
  const mebibytes = (bytes: number) => `${(bytes / 1024 / 1024).toFixed(1)} MiB`
  throw new StoreUnavailable(`the disk has ${mebibytes(free)} left, and ${mebibytes(needed)} are needed`)
}

function bytesOf({ puts = [], log = [] }: Transaction): number {
  let bytes = 0
  for (const { value } of puts) bytes += value.length
  for (const record of log) bytes += recordBytes(record)
  return bytes
}
