import type { InputResult } from '../link/methods/host.ts'
import { Refusal } from '../protocol/errors.ts'
import type { Fate } from './entry-queue.ts'
import type { RoomParts } from './room-parts.ts'

/** The answer to the request that an entry came from. */
export function replyOf({ failures, services }: RoomParts, fate: Fate, tick: number): InputResult | Refusal {
  switch (fate.kind) {
    case 'done':
      return { tick, value: fate.value ?? null }
    case 'refused':
      return new Refusal(fate.code, fate.message, fate.details)
    case 'failed':
      return failures.refusal(fate.failure, tick, services.nowMs())
    case 'closed':
      return fate.refusal
  }
}
