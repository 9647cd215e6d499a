import type { LedgerBeginning } from '../protocol/shapes/shop.ts'

/** The first line of an export. The last line is an `ExportEnd`. */
export interface ExportHead {
  readonly drumbeat: 'ledger'
  readonly format: 1
  readonly exported_at: string
  readonly from: string
  /** All public keys that receipts were ever signed with, in PEM. */
  readonly keys: readonly string[]
}

export interface ExportEnd {
  readonly drumbeat: 'end'
  readonly entries: number
  /** Where the ledger begins, if older entries were deleted. Absent in exports of earlier versions. */
  readonly beginning?: LedgerBeginning | null
}
