import type { Checkpoint } from '../games/checkpoint.ts'
import type { RoomParts } from './room-parts.ts'
import type { TaskUnderWay } from './tasks.ts'

/** What a host knows of a room beside its game, and the next host needs to go on. */
interface OfHost {
  readonly tasks: readonly TaskUnderWay[]
  /** Since when seats are held, by the clock of rooms. */
  readonly goneAtMs: readonly (readonly [user: string, goneAtMs: number])[]
}

export type RoomCheckpoint = Checkpoint & { readonly host: OfHost }

/** Encodes everything that another host needs, as JSON. */
export function encodeCheckpoint({ run, tasks, seating }: RoomParts): string {
  const host: OfHost = { tasks: tasks.underWay, goneAtMs: seating.goneAtMs }
  return JSON.stringify({ ...run.checkpoint(), host })
}

/** Trusts the text, because a host has made it. A checkpoint that a tool made of the game alone has no `host`. */
export function decodeCheckpoint(text: string): RoomCheckpoint {
  const { host, ...checkpoint } = JSON.parse(text) as Checkpoint & { readonly host?: OfHost }
  return { ...checkpoint, host: host ?? { tasks: [], goneAtMs: [] } }
}
