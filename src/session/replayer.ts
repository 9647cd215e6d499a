import { decodeEventBlock } from '../link/event-block.ts'
import type { Link } from '../link/link.ts'
import type { PrimaryMethods } from '../link/methods/primary.ts'
import type { ReplayPart } from '../link/methods/session.ts'
import type { WorkerMethods } from '../link/methods/worker.ts'
import { CLOSE } from '../protocol/close-codes.ts'
import { Refusal } from '../protocol/errors.ts'
import type { Connection } from './connection.ts'

/** How many parts one worker asks for at once, of 64 KiB each. This bounds what returning clients take of the link. */
const CALLS_MAX = 16

interface Waiting {
  readonly connection: Connection
  /** The last offset that the connection was given. */
  readonly after: number
  readonly done: () => void
}

/**
 * Sends missed events part by part. Each connection gets them at its own pace, and the pace of all of them together is bounded.
 */
export class Replayer {
  readonly #link: Pick<Link<WorkerMethods, PrimaryMethods>, 'call'>
  readonly #waiting: Waiting[] = []
  #calls = 0

  constructor(link: Pick<Link<WorkerMethods, PrimaryMethods>, 'call'>) {
    this.#link = link
  }

  /**
   * Calls `done` directly after the last missed event. If `done` subscribes the connection, it misses nothing and gets nothing
   * twice.
   */
  replay(connection: Connection, after: number, done: () => void): void {
    this.#waiting.push({ connection, after, done })
    this.#pump()
  }

  #pump(): void {
    while (this.#calls < CALLS_MAX) {
      const next = this.#waiting.shift()
      if (!next) return
      if (!next.connection.isClosed) this.#ask(next)
    }
  }

  #ask(asked: Waiting): void {
    this.#calls++
    const { connection, after } = asked
    this.#link.call('replay', { connectionId: connection.id, after }, (part) => {
      this.#calls--
      this.#send(asked, part)
      this.#pump()
    })
  }

  #send({ connection, done }: Waiting, part: ReplayPart | null | Refusal): void {
    if (connection.isClosed) return
    if (part === null || part instanceof Refusal) {
      connection.close(CLOSE.gap, 'the history went faster than the client read it: resume')
      return
    }
    const { buffer, byteOffset, byteLength } = part.events
    connection.sendPlaced(decodeEventBlock(Buffer.from(buffer, byteOffset, byteLength)))
    if (part.complete) done()
    else connection.whenRead(() => this.replay(connection, part.upTo, done))
  }
}
