import type { EncodedEvent } from '../../protocol/event-body.ts'
import type { JsonObject } from '../../protocol/events.ts'
import type { Channel, UserId } from '../../protocol/ids.ts'
import type { Page } from '../../protocol/page.ts'
import type { DataOf } from '../../protocol/shapes/commands.ts'
import type { Method } from './method.ts'

/** An idempotency key, with what the request was. */
export interface OnceArgs {
  /** Each has keys of its own. */
  readonly whose: string
  readonly key: string
  /** The same for the same request. */
  readonly fingerprint: string
  /** Of the event that it makes. */
  readonly eventId: string
}

/** What goes into the log, and what is read from it. */
export type EventMethods = {
  /** `state`: JSON to keep as the channel's state, and the share that it takes from; null: that of nobody. */
  broadcast: Method<
    {
      readonly channel: Channel
      readonly event: EncodedEvent
      readonly state: { readonly json: Uint8Array; readonly shareKey: string | null } | null
      readonly once: OnceArgs | null
      /** Whether it is refused if too much is said: what clients ask for is, what operators do is not. */
      readonly isLimited: boolean
    },
    DataOf<'broadcast'>
  >
  message: Method<
    {
      readonly target: UserId
      readonly event: EncodedEvent
      readonly once: OnceArgs | null
      /** As of a broadcast. */
      readonly isLimited: boolean
    },
    DataOf<'sendMessage'>
  >
  eventList: Method<{ readonly type: string | null; readonly since: number; readonly limit: number }, Page<JsonObject>>
}
