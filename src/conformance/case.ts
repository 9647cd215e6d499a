import type { Encoding } from '../protocol/events.ts'
import type { Lab } from './lab.ts'

/** What a case cannot do without: the key of tokens, so that there are players; the admin token, for goods, money and rooms. */
export type Need = 'secret' | 'admin'

/** One thing that the contract says, and how to see whether it is so. */
export interface Case {
  /** `group.name`, unique and kept, for programs. */
  readonly id: string
  /** Of the contract. */
  readonly section: number
  /** What has to hold, as a sentence. */
  readonly checks: string
  readonly needs?: readonly Need[]
  /** Throws Mismatch where it does not hold, and Skip where it cannot be seen. */
  readonly run: (lab: Lab) => Promise<void>
}

/** The same case once for each encoding, with the encoding behind its id. */
export function inBoth(id: string, make: (encoding: Encoding) => Omit<Case, 'id'>): readonly Case[] {
  return (['json', 'msgpack'] as const).map((encoding) => ({ id: `${id}.${encoding}`, ...make(encoding) }))
}

export const PLAYERS: readonly Need[] = ['secret']
export const ADMIN: readonly Need[] = ['admin']
export const PLAYERS_AND_ADMIN: readonly Need[] = ['secret', 'admin']
