import type { LedgerBeginning } from '../protocol/shapes/shop.ts'

/** The first line of an export; its last one is an `ExportEnd`. */
export interface ExportHead {
  readonly drumbeat: 'ledger'
  readonly format: 1
  readonly exported_at: string
  readonly from: string
  /** PEM: those that receipts were ever signed with. */
  readonly keys: readonly string[]
}

export interface ExportEnd {
  readonly drumbeat: 'end'
  readonly entries: number
  /** Absent in exports of versions that did not know where a ledger begins. */
  readonly beginning?: LedgerBeginning | null
}
