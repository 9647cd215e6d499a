import type { SmallSet } from '../base/small-set.ts'
import { inEncoding } from '../fanout/encodings.ts'
import type { Fanout, Laggard } from '../fanout/fanout.ts'
import { Outbox, type LateEvent } from '../fanout/outbox.ts'
import { CLOSE } from '../protocol/close-codes.ts'
import type { Channel } from '../protocol/ids.ts'
import type { Connection, SlowReading } from './connection.ts'

export interface LagOptions {
  readonly fanout: Fanout
  /** How many bytes may wait in the outbox. Above that, the connection is closed. */
  readonly bytesMax: number
  /** How many bytes of the outbox are handed to the socket at a time. */
  readonly chunkBytes: number
  readonly onSkipped: (events: number) => void
  /** Called before the connection is closed. */
  readonly onSlow: (connection: Connection, cause: SlowCause) => void
}

/**
 * Why a slow reader is closed: too much waited for it (`bytes`), it read nothing for too long (`stalled`), or memory was short
 * and much of it waited for this client (`memory`).
 */
export type SlowCause = 'bytes' | 'stalled' | 'memory'

/** Keeps the socket subscribed to something. When a socket leaves its last topic, uWS forgets what it has not yet sent to it. */
const NO_TOPIC = 'lag'

/**
 * Exists while a client reads too slowly. Its events wait in an outbox instead of the socket's buffer, because newer events can
 * replace older ones in an outbox. It ends when the client has caught up.
 */
export class Lag implements Laggard, SlowReading {
  readonly #options: LagOptions
  readonly #connection: Connection
  readonly #outbox = new Outbox()

  constructor(connection: Connection, options: LagOptions) {
    this.#connection = connection
    this.#options = options
    connection.socket.subscribe(NO_TOPIC)
    for (const topic of this.#topics()) connection.socket.unsubscribe(topic)
    connection.watching?.pause()
    options.fanout.addLaggard(this)
  }

  get channels(): SmallSet<Channel> {
    return this.#connection.channels
  }

  get bytes(): number {
    return this.#outbox.bytes
  }

  late(event: LateEvent): void {
    const skipped = this.#outbox.add(event)
    if (skipped > 0) this.#options.onSkipped(skipped)
    if (this.#outbox.bytes > this.#options.bytesMax) closeAsSlow(this.#connection, 'bytes', this.#options)
  }

  drained(): boolean {
    const { socket } = this.#connection
    while (!this.#outbox.isEmpty && socket.bufferedBytes() < this.#options.chunkBytes) {
      socket.cork(() => this.#sendChunk())
    }
    if (!this.#outbox.isEmpty || socket.bufferedBytes() > 0) return false
    for (const topic of this.#topics()) socket.subscribe(topic)
    socket.unsubscribe(NO_TOPIC)
    this.end()
    return true
  }

  left(channel: Channel): void {
    this.#outbox.drop(channel)
  }

  end(): void {
    this.#options.fanout.removeLaggard(this)
  }

  #sendChunk(): void {
    const { socket, encoding } = this.#connection
    for (let bytes = 0; bytes < this.#options.chunkBytes;) {
      const taken = this.#outbox.take()
      if (!taken) return
      bytes += taken.frame.length
      socket.sendBuilt(inEncoding(taken.frame, encoding), encoding === 'msgpack', taken.event)
    }
  }

  #topics(): readonly string[] {
    return this.#options.fanout.topicsOf(this.#connection, this.channels)
  }
}

export function closeAsSlow(connection: Connection, cause: SlowCause, { onSlow }: Pick<LagOptions, 'onSlow'>): void {
  if (connection.isClosed) return
  onSlow(connection, cause)
  connection.close(CLOSE.slowConsumer, 'the client does not read fast enough: resume')
}
