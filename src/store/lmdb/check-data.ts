import { statSync } from 'node:fs'
import { DataRefused } from '../store.ts'
import { findDamage } from './find-damage.ts'
import type { Mark } from './mark.ts'

/** The numbers by which records and log can be compared. */
export interface Fit {
  readonly recordsId: string
  /** The number of the last transaction of the records that had events, and of the first one whose events the log may lack. */
  readonly outboxSequence: number
  readonly outboxFirst: number
  /** Undefined if an older version made the log. */
  readonly logId: string | undefined
  /** The number of the last transaction whose events the log has. */
  readonly logSequence: number
}

export function isThere(file: string): boolean {
  return (statSync(file, { throwIfNoEntry: false })?.size ?? 0) > 0
}

/** Call this before the records are opened, because opening a damaged file kills the process. Throws DataRefused. */
export function requireRecords(
  paths: { readonly records: string; readonly log: string; readonly mark: string },
  mark: Mark | 'damaged' | undefined,
): void {
  const { records, log } = paths
  if (isThere(records)) {
    const damage = findDamage(records)
    if (damage !== undefined)
      throw new DataRefused(`${records} is damaged: ${damage}. Put the whole folder back from a backup`)
    return
  }
  if (mark === undefined && !isThere(log)) return
  throw new DataRefused(
    `${records} is gone, and with it players, goods and the ledger of the store that was here. Put it back from a backup; ` +
      `to begin with nothing, move away ${[mark && paths.mark, isThere(log) && log].filter(Boolean).join(' and ')}`,
  )
}

/** Checks that these are the records that the mark was written beside, or later ones. Throws DataRefused. */
export function requireSameRecords(
  file: string,
  found: { readonly storeId: string | undefined; readonly revision: number },
  mark: Mark | 'damaged' | undefined,
): void {
  if (mark === undefined || mark === 'damaged' || mark.storeId === undefined) return
  const otherwise = `Put back the newer ones, or the whole folder from one backup; to go on with what is there, move away ${file}`
  if (found.storeId !== mark.storeId)
    throw new DataRefused(`the records are of another store than ${file} says. ${otherwise}`)
  const { revision = 0 } = mark
  if (found.revision >= revision) return
  throw new DataRefused(
    `the records are older than they were: at revision ${found.revision}, and they were at ${revision}. ${otherwise}`,
  )
}

/**
 * Returns why the log has to be discarded: it is older than the records, and lacks events. Throws DataRefused if the records may
 * be older than the log.
 */
export function findMisfit(log: string, fit: Fit): string | undefined {
  const otherwise = `Put the newer records back, or the whole folder from one backup; to go on with these records, move away ${log}`
  if (fit.logId !== undefined && fit.logId !== fit.recordsId) {
    throw new DataRefused(`the records are of another store than the log in ${log}. ${otherwise}`)
  }
  if (fit.logSequence > fit.outboxSequence) {
    throw new DataRefused(
      `the records are older than the log in ${log}, which has events of ${fit.logSequence - fit.outboxSequence} changes ` +
        `that the records do not have. ${otherwise}`,
    )
  }
  return fit.logSequence < fit.outboxFirst - 1 ? 'it is older than the records' : undefined
}
