import { topicOf, type Fanout } from '../fanout/fanout.ts'
import type { Channel } from '../protocol/ids.ts'
import type { Connection } from './connection.ts'

/** Subscribes the connection to a channel, once. */
export function joinTopic(fanout: Fanout, connection: Connection, channel: Channel): void {
  if (connection.channels.has(channel)) return
  connection.channels.add(channel)
  // Who lags gets each event by itself.
  if (!connection.lag) connection.socket.subscribe(topicOf(channel, connection.encoding))
  fanout.addMember(channel, connection.encoding)
}

export function leaveTopic(fanout: Fanout, connection: Connection, channel: Channel): void {
  if (!connection.channels.delete(channel)) return
  if (!connection.lag) connection.socket.unsubscribe(topicOf(channel, connection.encoding))
  fanout.removeMember(channel, connection.encoding)
}

/** The socket is gone, and its subscriptions with it. */
export function leaveAllTopics(fanout: Fanout, connection: Connection): void {
  for (const channel of connection.channels) fanout.removeMember(channel, connection.encoding)
  connection.channels.clear()
  connection.lag?.end()
}
