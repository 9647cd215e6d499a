import type { Checkpoint } from '../games/checkpoint.ts'
import type { RoomParts } from './room-parts.ts'
import type { TaskUnderWay } from './tasks.ts'

/** What a room's host knows beside the game, and another one has to know to go on. */
interface OfHost {
  readonly tasks: readonly TaskUnderWay[]
  /** Since when seats are held: by the clock of rooms. */
  readonly goneAtMs: readonly (readonly [user: string, goneAtMs: number])[]
}

export type RoomCheckpoint = Checkpoint & { readonly host: OfHost }

/** All there is to know of a room, as text. */
export function encodeCheckpoint({ run, tasks, seating }: RoomParts): string {
  const host: OfHost = { tasks: tasks.underWay, goneAtMs: seating.goneAtMs }
  return JSON.stringify({ ...run.checkpoint(), host })
}

/** Trusts its text: a host has made it. A checkpoint that a tool has made of the game alone has nothing of a host. */
export function decodeCheckpoint(text: string): RoomCheckpoint {
  const { host, ...checkpoint } = JSON.parse(text) as Checkpoint & { readonly host?: OfHost }
  return { ...checkpoint, host: host ?? { tasks: [], goneAtMs: [] } }
}
