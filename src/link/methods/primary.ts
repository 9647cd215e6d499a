import type { EventMethods } from './events.ts'
import type { GameMethods } from './games.ts'
import type { OperationMethods } from './operations.ts'
import type { PassedOnMethods } from './passed-on.ts'
import type { RelayMethods } from './relay.ts'
import type { RoomMethods } from './rooms.ts'
import type { SessionMethods } from './session.ts'
import type { ShopMethods } from './shop.ts'

/** What a worker asks of the primary, by subject. A service of the primary answers each. */
export type PrimaryMethods = SessionMethods &
  RoomMethods &
  GameMethods &
  EventMethods &
  ShopMethods &
  OperationMethods &
  PassedOnMethods &
  RelayMethods
