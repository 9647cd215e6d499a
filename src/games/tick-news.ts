import type { Json } from './definition.ts'
import type { Effect, Ending } from './entries.ts'

/** The results of the current tick so far. */
export interface TickNews {
  /** Before the first tick it holds what `create` asked for. */
  effects: Effect[]
  events: (readonly [name: string, data: Json])[]
  /** Set if the room ends with this tick. */
  ending: Ending | undefined
}
