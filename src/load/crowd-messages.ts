import type { DialectRef } from './dialect.ts'
import type { Snapshot } from './snapshot.ts'

export interface CrowdTarget {
  readonly url: string
  readonly dialect: DialectRef
  /** Connection number `i` is in room `i % rooms`. With 0 rooms, no connection is in one. */
  readonly rooms: number
  /** How long the crowd's thread rests between two rounds of reading. With 0, it reads as bytes arrive. */
  readonly readEveryMs: number
}

/** `connect`: the first number of the connections to open, and the one after the last. */
export type CrowdRequest = { readonly connect: readonly [from: number, to: number] } | 'snapshot' | 'pace'

export type CrowdAnswer = { readonly snapshot: Snapshot } | { readonly failed: string }
