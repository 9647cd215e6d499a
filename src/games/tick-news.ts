import type { Json } from './definition.ts'
import type { Effect, Ending } from './entries.ts'

/** What the tick that runs has come to so far. */
export interface TickNews {
  /** Before the first tick, what `create` asked for. */
  effects: Effect[]
  events: (readonly [name: string, data: Json])[]
  /** The room is over with this tick. */
  ending: Ending | undefined
}
