import type { EventType } from '../protocol/events.ts'
import { broadcast } from './broadcast.ts'
import { buyGood } from './buy-good.ts'
import type { Command } from './command.ts'
import { presenceList } from './presence-list.ts'
import { roomFind } from './room-find.ts'
import { roomInput } from './room-input.ts'
import { roomJoin } from './room-join.ts'
import { roomLeave } from './room-leave.ts'
import { roomList } from './room-list.ts'
import { roomSnapshot } from './room-snapshot.ts'
import { sendMessage } from './send-message.ts'
import { sessionPing } from './session-ping.ts'
import { sessionRefresh } from './session-refresh.ts'
import { stateGet } from './state-get.ts'

/** Only commands know the types of their arguments. Each `run` gets what its own `parse` returned. */
const ALL: readonly Command<unknown>[] = [
  broadcast,
  sendMessage,
  buyGood,
  roomJoin,
  roomLeave,
  roomFind,
  roomList,
  roomInput,
  roomSnapshot,
  stateGet,
  presenceList,
  sessionRefresh,
  sessionPing,
]

/** Every event type that a client may send. */
export const COMMANDS: ReadonlyMap<EventType, Command<unknown>> = new Map(
  ALL.map((command) => [command.eventType, command]),
)
