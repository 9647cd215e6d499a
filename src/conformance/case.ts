import type { Encoding } from '../protocol/events.ts'
import type { Lab } from './lab.ts'

/** What a case may need: the key of tokens, to have players; the admin token, for goods, money and rooms. */
export type Need = 'secret' | 'admin'

/** One rule of the contract, and a way to check it. */
export interface Case {
  /** `group.name`. It is unique and never changes, so that programs can use it. */
  readonly id: string
  /** The section of the contract. */
  readonly section: number
  /** The rule, as a sentence. */
  readonly checks: string
  readonly needs?: readonly Need[]
  /** Throws Mismatch if the server breaks the rule, and Skip if that cannot be seen. */
  readonly run: (lab: Lab) => Promise<void>
}

/** Makes the same case once for each encoding. Its id ends with the encoding. */
export function inBoth(id: string, make: (encoding: Encoding) => Omit<Case, 'id'>): readonly Case[] {
  return (['json', 'msgpack'] as const).map((encoding) => ({ id: `${id}.${encoding}`, ...make(encoding) }))
}

export const PLAYERS: readonly Need[] = ['secret']
export const ADMIN: readonly Need[] = ['admin']
export const PLAYERS_AND_ADMIN: readonly Need[] = ['secret', 'admin']
