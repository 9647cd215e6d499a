import type { TransactionLimits } from './store.ts'

/** The limits of an embedded store: only the memory of the process bounds a transaction. */
export const UNLIMITED: TransactionLimits = { operationsMax: Infinity, bytesMax: Infinity }
