import type { SmallSet } from '../base/small-set.ts'
import {
  namespaceChannel,
  roomChannel,
  userChannel,
  type Channel,
  type Namespace,
  type RoomId,
  type UserId,
} from '../protocol/ids.ts'

/** A connection lives for long, so its strings are copies, see `ownCopy`. */
export interface Connection {
  readonly id: string
  readonly node: string
  /** The worker of that node which has the connection. */
  readonly worker: number
  readonly namespace: Namespace
  readonly userId: UserId
  /** The key under which connections are counted by address: an IPv4 address, or the /64 of an IPv6 one. */
  readonly addressKey: string
  /** The user or address whose share of the node this connection uses up. Undefined on other nodes. */
  readonly shareKey?: string
  readonly openedAtMs: number
  readonly rooms: SmallSet<RoomId>
  /** The session that the connection belongs to. Undefined on other nodes. */
  readonly session?: string
  /**
   * The offset at which that session began, as far as this node knows. The connection gets no older events. Undefined on other
   * nodes.
   */
  readonly begun?: number
  /** Numbers the connections of this node in the order in which they came. Undefined on other nodes. */
  readonly arrival?: number
}

/** The channels whose events the connection gets: those of its namespace, its user and its rooms. */
export function channelsOf({ namespace, userId, rooms }: Connection): readonly Channel[] {
  const ofRooms = Array.from(rooms, (room) => roomChannel(namespace, room))
  return [namespaceChannel(namespace), userChannel(userId), ...ofRooms]
}
