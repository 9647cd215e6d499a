import type { TransactionLimits } from './store.ts'

/** An embedded store takes what a process can hold. */
export const UNLIMITED: TransactionLimits = { operationsMax: Infinity, bytesMax: Infinity }
