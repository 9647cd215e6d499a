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

/** It is held for long: its strings are its own, see `ownCopy`. */
export interface Connection {
  readonly id: string
  readonly node: string
  /** Of that node. */
  readonly worker: number
  readonly namespace: Namespace
  readonly userId: UserId
  /** What connections are counted by: an IPv4 address, or the /64 of an IPv6 one. */
  readonly addressKey: string
  /** Whose share of the node it takes from; undefined on other nodes. */
  readonly shareKey?: string
  readonly openedAtMs: number
  readonly rooms: SmallSet<RoomId>
  /** The session whose connection it is; undefined on other nodes. */
  readonly session?: string
  /** The offset at which that session began, as far as this node knows: it has a right to nothing older. Undefined on other nodes. */
  readonly begun?: number
  /** Counts the connections of this node as they come; undefined on other nodes. */
  readonly arrival?: number
}

/** The channels whose events the connection gets: its namespace's, its user's, its rooms'. */
export function channelsOf({ namespace, userId, rooms }: Connection): readonly Channel[] {
  const ofRooms = Array.from(rooms, (room) => roomChannel(namespace, room))
  return [namespaceChannel(namespace), userChannel(userId), ...ofRooms]
}
