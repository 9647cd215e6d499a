import type { Interest } from '../hub/interest.ts'
import { roomChannel, type RoomId } from '../protocol/ids.ts'
import { channelsOf, type Connection } from './connection.ts'
import type { Publisher } from './publisher.ts'

export interface SubscriptionsOptions {
  /** The hub's: which workers get the events of a channel. */
  readonly interest: Interest
  readonly publisher: Publisher
}

/** The channels of this node's open connections. A room that changes is told to the other nodes, too. */
export class Subscriptions {
  readonly #options: SubscriptionsOptions

  constructor(options: SubscriptionsOptions) {
    this.#options = options
  }

  /** Starts the events of all channels of the connection. */
  open(connection: Connection): void {
    const { interest } = this.#options
    for (const channel of channelsOf(connection)) interest.add(connection.worker, channel)
  }

  close(connection: Connection): void {
    const { interest } = this.#options
    for (const channel of channelsOf(connection)) interest.remove(connection.worker, channel)
  }

  /** The connection, which is open, is in the room now. */
  enter(connection: Connection, room: RoomId): void {
    const { interest, publisher } = this.#options
    interest.add(connection.worker, roomChannel(connection.namespace, room))
    publisher.put(connection)
  }

  /** The connection, which stays open, is in the room no more. */
  leave(connection: Connection, room: RoomId): void {
    const { interest, publisher } = this.#options
    interest.remove(connection.worker, roomChannel(connection.namespace, room))
    publisher.put(connection)
  }

  /** A worker has ended, and its connections were closed. */
  workerGone(worker: number): void {
    this.#options.interest.removeWorker(worker)
  }
}
