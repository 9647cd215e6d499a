import type { EncodedEvent } from '../../protocol/event-body.ts'
import type { JsonObject } from '../../protocol/events.ts'
import type { Channel, UserId } from '../../protocol/ids.ts'
import type { Page } from '../../protocol/page.ts'
import type { DataOf } from '../../protocol/shapes/commands.ts'
import type { Method } from './method.ts'

/** An idempotency key and the request that it belongs to. */
export interface OnceArgs {
  /** The owner of the key. Each owner has keys of its own. */
  readonly whose: string
  readonly key: string
  /** Equal for repetitions of the same request. */
  readonly fingerprint: string
  /** The id of the event that the request makes. */
  readonly eventId: string
}

/** Methods that append to the log or read from it. */
export type EventMethods = {
  /** `state` is what the channel retains: JSON, and the share that it counts towards. A `shareKey` of null means no share. */
  broadcast: Method<
    {
      readonly channel: Channel
      readonly event: EncodedEvent
      readonly state: { readonly json: Uint8Array; readonly shareKey: string | null } | null
      readonly once: OnceArgs | null
      /** Whether it is refused if the user sends too much. True for requests of clients, false for those of operators. */
      readonly isLimited: boolean
    },
    DataOf<'broadcast'>
  >
  message: Method<
    {
      readonly target: UserId
      readonly event: EncodedEvent
      readonly once: OnceArgs | null
      /** As for a broadcast. */
      readonly isLimited: boolean
    },
    DataOf<'sendMessage'>
  >
  eventList: Method<{ readonly type: string | null; readonly since: number; readonly limit: number }, Page<JsonObject>>
}
