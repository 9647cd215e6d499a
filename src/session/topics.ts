import type { Fanout } from '../fanout/fanout.ts'
import type { Channel } from '../protocol/ids.ts'
import type { Connection } from './connection.ts'

/** Subscribes the connection to a channel, unless it already is. */
export function joinTopic(fanout: Fanout, connection: Connection, channel: Channel): void {
  if (connection.channels.has(channel)) return
  connection.channels.add(fanout.addMember(channel, connection))
}

export function leaveTopic(fanout: Fanout, connection: Connection, channel: Channel): void {
  if (connection.channels.delete(channel)) fanout.removeMember(channel, connection)
}

/** The socket is gone and needs no unsubscribing. */
export function leaveAllTopics(fanout: Fanout, connection: Connection): void {
  for (const channel of connection.channels) fanout.removeMember(channel, connection)
  connection.channels.clear()
  connection.lag?.end()
}
