import type { EventType } from '../protocol/events.ts'
import { broadcast } from './broadcast.ts'
import { buyGood } from './buy-good.ts'
import { toAnyCommand, type AnyCommand } from './command.ts'
import { presenceList } from './presence-list.ts'
import { roomInput } from './room-input.ts'
import { roomJoin } from './room-join.ts'
import { roomLeave } from './room-leave.ts'
import { sendMessage } from './send-message.ts'
import { sessionPing } from './session-ping.ts'
import { sessionRefresh } from './session-refresh.ts'
import { stateGet } from './state-get.ts'

const ALL: readonly AnyCommand[] = [
  toAnyCommand(broadcast),
  toAnyCommand(sendMessage),
  toAnyCommand(buyGood),
  toAnyCommand(roomJoin),
  toAnyCommand(roomLeave),
  toAnyCommand(roomInput),
  toAnyCommand(stateGet),
  toAnyCommand(presenceList),
  toAnyCommand(sessionRefresh),
  toAnyCommand(sessionPing),
]

/** Every event type that a client may send. */
export const COMMANDS: ReadonlyMap<EventType, AnyCommand> = new Map(ALL.map((command) => [command.eventType, command]))
