import { Refusal } from '../protocol/errors.ts'
import type { Access } from '../door/handshake.ts'

export interface CallLimits {
  readonly perConnectionMax: number
  /** Of all connections of a player, or of the guests of an address. */
  readonly perUserMax: number
  readonly perWorkerMax: number
}

/** A connection. */
export interface Caller {
  readonly access: Access
  readonly userId: string
  readonly addressKey: string
  readonly isClosed: boolean
  callsUnderWay: number
  /** With those of whom they count, too; null: of nobody. Undefined before the first one. */
  share: CallShare | null | undefined
}

export interface CallsUnderWayOptions {
  readonly limits: CallLimits
  /** Who bears the calls of a connection together with its others: undefined if nobody does. */
  readonly payerOf: (connection: Caller) => string | undefined
  /** The primary does not read what it is sent. */
  readonly isLinkFull: () => boolean
}

/** Calls of all connections that one user, or one address, has at this worker. */
export interface CallShare {
  readonly payer: string
  underWay: number
  connections: number
}

const RETRY_MS = 100

/**
 * How many requests of clients are under way in the primary. A connection that has none may always ask, so that nobody is kept out by
 * others. The numbers stand in the connections: a map is looked into only by a connection that begins to ask.
 */
export class CallsUnderWay {
  readonly #options: CallsUnderWayOptions
  readonly #shares = new Map<string, CallShare>()
  #count = 0

  constructor(options: CallsUnderWayOptions) {
    this.#options = options
  }

  get count(): number {
    return this.#count
  }

  /** Counts one more, until `end`. Throws OVERLOADED. */
  begin(connection: Caller): void {
    const { limits, isLinkFull } = this.#options
    if (connection.share === undefined) connection.share = this.#shareOf(connection)
    const { share } = connection
    if (isLinkFull()) throw overloaded('the server is behind with what it was asked')
    if (connection.callsUnderWay > 0) {
      if (connection.callsUnderWay >= limits.perConnectionMax) {
        throw overloaded('too many requests of this connection are under way')
      }
      if (share !== null && share.underWay >= limits.perUserMax) {
        throw overloaded('too many requests of this user or address are under way')
      }
      if (this.#count >= limits.perWorkerMax) throw overloaded('too many requests are under way')
    }
    connection.callsUnderWay++
    if (share !== null) share.underWay++
    this.#count++
  }

  end(connection: Caller): void {
    connection.callsUnderWay--
    if (connection.share) connection.share.underWay--
    this.#count--
    if (connection.isClosed) this.closed(connection)
  }

  /** The connection is closed; what it has asked still counts until it is answered. */
  closed(connection: Caller): void {
    const { share } = connection
    if (!share || connection.callsUnderWay > 0) return
    connection.share = null
    if (--share.connections === 0) this.#shares.delete(share.payer)
  }

  /** Returns null if nobody bears its calls with others. */
  #shareOf(connection: Caller): CallShare | null {
    const payer = this.#options.payerOf(connection)
    if (payer === undefined) return null
    const share = this.#shares.get(payer) ?? { payer, underWay: 0, connections: 0 }
    this.#shares.set(payer, share)
    share.connections++
    return share
  }
}

function overloaded(message: string): Refusal {
  return new Refusal('OVERLOADED', `${message}; nothing was done`, { retry_after_ms: RETRY_MS })
}
