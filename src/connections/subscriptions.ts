import type { Interest } from '../hub/interest.ts'
import { roomChannel, type RoomId } from '../protocol/ids.ts'
import { channelsOf, type Connection } from './connection.ts'
import type { Publisher } from './publisher.ts'

export interface SubscriptionsOptions {
  /** The hub's record of which workers get the events of a channel. */
  readonly interest: Interest
  readonly publisher: Publisher
}

/**
 * Subscribes workers to the channels of this node's open connections. When a connection enters or leaves a room, the other nodes
 * are told as well.
 */
export class Subscriptions {
  readonly #options: SubscriptionsOptions

  constructor(options: SubscriptionsOptions) {
    this.#options = options
  }

  /** From now on the connection's worker gets the events of all its channels. */
  open(connection: Connection): void {
    const { interest } = this.#options
    for (const channel of channelsOf(connection)) interest.add(connection.worker, channel)
  }

  close(connection: Connection): void {
    const { interest } = this.#options
    for (const channel of channelsOf(connection)) interest.remove(connection.worker, channel)
  }

  /** The connection, which is open, has entered the room. */
  enter(connection: Connection, room: RoomId): void {
    const { interest, publisher } = this.#options
    interest.add(connection.worker, roomChannel(connection.namespace, room))
    publisher.put(connection)
  }

  /** The connection, which stays open, has left the room. */
  leave(connection: Connection, room: RoomId): void {
    const { interest, publisher } = this.#options
    interest.remove(connection.worker, roomChannel(connection.namespace, room))
    publisher.put(connection)
  }

  /** Call this when a worker has ended and its connections were closed. */
  workerGone(worker: number): void {
    this.#options.interest.removeWorker(worker)
  }
}
