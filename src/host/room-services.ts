import type { LineLimit } from '../base/line-limit.ts'
import type { Log } from '../base/log.ts'
import type { OfHostMethods } from '../link/methods/host.ts'
import type { HostQueue } from './entry-queue.ts'
import type { HostMetrics } from './host-metrics.ts'
import type { HostSettings } from './settings.ts'
import type { ReplayCheck } from './replay-check.ts'
import type { SlowBots } from './slow-bots.ts'
import type { CallbackWatch } from './watch.ts'

/** What the rooms of a host share. */
export interface RoomServices {
  readonly settings: HostSettings
  readonly log: Log
  /** Limits the lines that games write, per game. */
  readonly authorLines: LineLimit
  readonly metrics: HostMetrics
  readonly watch: CallbackWatch
  readonly slowBots: SlowBots
  readonly replayCheck: ReplayCheck
  /** Bounds the entries that wait in all rooms together. */
  readonly queue: HostQueue
  /** The clock of rooms: Unix time in milliseconds, with fractions. It never jumps. */
  readonly nowMs: () => number
  /** A random number in [0, 1). */
  readonly chance: () => number
  readonly newTraceId: () => string
  readonly tell: <Name extends keyof OfHostMethods>(method: Name, args: OfHostMethods[Name]['args']) => void
  /** Call this when something waits for the room, or its next tick is due at another time. */
  readonly wake: (handle: number) => void
  /** Call this when the room is over or goes on in another host. */
  readonly closed: (handle: number) => void
}
