import { Refusal } from '../protocol/errors.ts'

export interface CallLimits {
  readonly perConnectionMax: number
  /** Counts the calls of all connections of a player, or of the guests of an address. */
  readonly perUserMax: number
  readonly perWorkerMax: number
}

/** What `CallsUnderWay` counts on a connection. */
export interface Caller {
  callsUnderWay: number
  /** Shared by all connections of its user, or by the guests of its address. */
  readonly share: { callsUnderWay: number }
}

export interface CallsUnderWayOptions {
  readonly limits: CallLimits
  /** Whether the primary does not read what it is sent. */
  readonly isLinkFull: () => boolean
}

const RETRY_MS = 100

/**
 * Limits how many requests of clients may wait for the primary at the same time. A connection without such a request may always
 * send one, so that others cannot keep it out.
 */
export class CallsUnderWay {
  readonly #options: CallsUnderWayOptions
  #count = 0

  constructor(options: CallsUnderWayOptions) {
    this.#options = options
  }

  get count(): number {
    return this.#count
  }

  /** Counts one more call, until `end`. Throws OVERLOADED. */
  begin(connection: Caller): void {
    const { limits, isLinkFull } = this.#options
    const { share } = connection
    if (isLinkFull()) throw overloaded('the server is behind with earlier requests')
    if (connection.callsUnderWay > 0) {
      if (connection.callsUnderWay >= limits.perConnectionMax) {
        throw overloaded('too many requests of this connection are under way')
      }
      if (share.callsUnderWay >= limits.perUserMax) {
        throw overloaded('too many requests of this user or address are under way')
      }
      if (this.#count >= limits.perWorkerMax) throw overloaded('too many requests are under way')
    }
    connection.callsUnderWay++
    share.callsUnderWay++
    this.#count++
  }

  end(connection: Caller): void {
    connection.callsUnderWay--
    connection.share.callsUnderWay--
    this.#count--
  }
}

function overloaded(message: string): Refusal {
  return new Refusal('OVERLOADED', `${message}; nothing was done`, { retry_after_ms: RETRY_MS })
}
