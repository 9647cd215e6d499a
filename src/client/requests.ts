import { CHANGES_ROOMS, REPEATABLE } from '../protocol/client-facts.ts'
import * as EVENT from '../protocol/event-names.ts'
import type { JsonObject } from '../protocol/events.ts'
import type { ReplyEnvelope, RequestEnvelope } from '../protocol/shapes/commands.ts'
import { DrumbeatError, errorFromBody } from './errors.ts'
import { MOVES_MAX } from './limits.ts'
import type { Settings } from './options.ts'
import { toSendable } from './sendable.ts'
import { after } from './timing.ts'

/** Options of every request. */
export interface RequestOptions {
  /** A room that this client has joined. */
  readonly room?: string
  /** Replaces the client's `requestTimeoutMs`. */
  readonly timeoutMs?: number
  /** When it aborts, the request rejects with its reason. If the request was sent already, the server may still carry it out. */
  readonly signal?: AbortSignal
}

/** A connection, as requests see it. */
export interface Line {
  /** Sends now. Throws if the request cannot be sent at all. */
  send(envelope: RequestEnvelope): void
  /** Closes a connection from which no answer is expected any more. */
  close(): void
}

interface Pending {
  readonly envelope: RequestEnvelope
  /** The connection that may bring the answer. Undefined if the request waits to be sent. */
  line: Line | undefined
  /** Whether it was sent on any connection. Then it is not known whether it was done. */
  everSent: boolean
  /** How many nodes have named another one. */
  moves: number
  cancelAge(): void
  /** Removes the request from the table, then resolves. */
  resolve(data: JsonObject): void
  reject(error: unknown): void
}

/** The requests without an answer, in the order in which they were made: those that were sent and those that wait to be sent. */
export class Requests {
  readonly #settings: Settings
  readonly #onSuccess: (envelope: RequestEnvelope, data: JsonObject) => void
  readonly #onMoved: (envelope: RequestEnvelope, url: string) => boolean
  readonly #pending = new Map<string, Pending>()
  /** Joins and leaves that timed out or were aborted. Their answers still change which rooms this client is in. */
  readonly #givenUp = new Map<string, Pick<Pending, 'line' | 'envelope'>>()
  /** Connections that only wait for their last answers. */
  readonly #retired = new Set<Line>()
  #line: Line | undefined
  #isDraining = false
  #count = 0
  #closed: string | undefined

  /**
   * @param onSuccess called before the caller gets the reply
   * @param onMoved another node has to be asked, at `url`. Returns whether a connection to it is about to come.
   */
  constructor(
    settings: Settings,
    onSuccess: (envelope: RequestEnvelope, data: JsonObject) => void,
    onMoved: (envelope: RequestEnvelope, url: string) => boolean,
  ) {
    this.#settings = settings
    this.#onSuccess = onSuccess
    this.#onMoved = onMoved
  }

  /** A join or leave has no answer yet, so it is not known which rooms this client is in. */
  get roomsUnderWay(): boolean {
    return this.#asked.some(({ line, envelope }) => line && changesRooms(envelope))
  }

  request(eventType: string, payload: JsonObject, options: RequestOptions = {}): Promise<JsonObject> {
    return new Promise((resolve, reject) => {
      this.#requireRoom()
      options.signal?.throwIfAborted()
      const id = `c${++this.#count}`
      const envelope = toSendable({ id, eventType, room: options.room, payload }) as RequestEnvelope & { id: string }
      const pending = this.#add(envelope, options, { resolve, reject })
      if (this.#line) this.#send(pending, this.#line)
    })
  }

  /**
   * Sends a message without a reply, or drops it if there is no connection. Throws if it cannot be sent, for the reasons for
   * which a request rejects.
   */
  tell(eventType: string, payload: JsonObject, room: string): void {
    const envelope = toSendable({ eventType, room, payload }) as RequestEnvelope
    this.#line?.send(envelope)
  }

  /**
   * There is a new connection. First `first` makes its requests, then all waiting requests are sent, in order. The connection
   * before it is closed once it has answered.
   */
  up(line: Line, first: () => void): void {
    if (this.#line) this.#retired.add(this.#line)
    this.#line = line
    this.#isDraining = false
    first()
    // Joins that other nodes were named for go before the requests that wait for them.
    for (const isFirst of [true, false]) {
      for (const pending of this.#pending.values())
        if (!pending.line && (!isFirst || (pending.moves && changesRooms(pending.envelope)))) this.#send(pending, line)
    }
    this.#closeIdle()
  }

  /** The connection is about to close. Requests that it no longer accepts wait for the next one. */
  draining(): void {
    this.#isDraining = true
  }

  /** The connection is gone. Requests that may be repeated wait for the next one. The others reject with OUTCOME_UNKNOWN. */
  lost(line: Line): void {
    if (this.#line === line) this.#line = undefined
    this.#retired.delete(line)
    for (const [id, givenUp] of this.#givenUp) if (givenUp.line === line) this.#givenUp.delete(id)
    for (const pending of this.#pending.values()) {
      if (pending.line !== line) continue
      if (isRepeatable(pending.envelope)) this.#again(pending)
      else pending.reject(unanswered(pending, 'the connection was lost'))
    }
  }

  /** Returns the error of a reply that belongs to no request. */
  settle(reply: ReplyEnvelope): DrumbeatError | undefined {
    const { replyTo: id = '' } = reply
    const pending = this.#pending.get(id)
    const asked = pending ?? this.#givenUp.get(id)
    this.#givenUp.delete(id)
    if (reply.success) {
      if (asked) this.#onSuccess(asked.envelope, reply.data)
      pending?.resolve(reply.data)
    } else {
      const error = errorFromBody(reply.error)
      if (reply.replyTo === undefined) return error
      // Nothing was done, and another connection exists or is about to come.
      if (pending && error.code === 'DRAINING' && (this.#isDraining || pending.line !== this.#line))
        this.#again(pending)
      else if (pending && this.#moves(pending, error)) {
        pending.line = undefined
        // A search is answered by the node that it is sent to.
        if (pending.envelope.eventType === EVENT.roomFind) Object.assign(pending.envelope.payload, { stay: true })
      } else pending?.reject(error)
    }
    this.#closeIdle()
    return undefined
  }

  close(reason: string): void {
    this.#line = undefined
    this.#closed = reason
    for (const pending of this.#pending.values()) {
      pending.reject(pending.everSent ? unanswered(pending, reason) : new DrumbeatError('CLOSED', reason))
    }
  }

  #requireRoom(): void {
    const { queueMax } = this.#settings
    if (this.#closed !== undefined) throw new DrumbeatError('CLOSED', this.#closed)
    if (this.#line || this.#asked.filter(({ line }) => !line).length < queueMax) return
    throw new DrumbeatError('OVERLOADED', `${queueMax} requests wait for a connection already`)
  }

  get #asked(): readonly Pick<Pending, 'line' | 'envelope'>[] {
    return [...this.#pending.values(), ...this.#givenUp.values()]
  }

  #add(
    envelope: RequestEnvelope & { id: string },
    { timeoutMs = this.#settings.requestTimeoutMs, signal }: RequestOptions,
    caller: { resolve(data: JsonObject): void; reject(error: unknown): void },
  ): Pending {
    const { queueMaxAgeMs: ageMs } = this.#settings
    const wholeMs = timeoutMs + (ageMs ?? 0)
    const forget = () => {
      cancel()
      pending.cancelAge()
      signal?.removeEventListener('abort', onAbort)
      this.#pending.delete(envelope.id)
      this.#closeIdle()
    }
    const giveUp = (error: unknown) => {
      if (pending.line && changesRooms(envelope)) this.#givenUp.set(envelope.id, { line: pending.line, envelope })
      pending.reject(error)
    }
    const pending: Pending = {
      envelope,
      line: undefined,
      everSent: false,
      moves: 0,
      cancelAge: after(ageMs ?? Infinity, () => giveUp(unanswered(pending, `no connection within ${ageMs} ms`))),
      resolve: (data) => (forget(), caller.resolve(data)),
      reject: (error) => (forget(), caller.reject(error)),
    }
    const onAbort = () => giveUp(signal?.reason)
    const cancel = after(wholeMs, () => giveUp(unanswered(pending, `no reply within ${wholeMs} ms`)))
    signal?.addEventListener('abort', onAbort)
    this.#pending.set(envelope.id, pending)
    return pending
  }

  #send(pending: Pending, line: Line): void {
    try {
      line.send(pending.envelope)
      pending.line = line
      pending.everSent = true
      pending.cancelAge()
    } catch (error) {
      pending.reject(error)
    }
  }

  #moves(pending: Pending, { code, details: { url } }: DrumbeatError): boolean {
    return (
      code === 'MOVED' && typeof url === 'string' && pending.moves++ < MOVES_MAX && this.#onMoved(pending.envelope, url)
    )
  }

  #again(pending: Pending): void {
    pending.line = undefined
    pending.everSent &&= isRepeatable(pending.envelope)
    if (this.#line && !this.#isDraining) this.#send(pending, this.#line)
  }

  #closeIdle(): void {
    for (const line of this.#retired) {
      if (this.#asked.some((one) => one.line === line)) continue
      this.#retired.delete(line)
      line.close()
    }
  }
}

function changesRooms({ eventType }: RequestEnvelope): boolean {
  return CHANGES_ROOMS.includes(eventType)
}

function isRepeatable({ eventType, payload }: RequestEnvelope): boolean {
  return REPEATABLE.includes(eventType) || (eventType === EVENT.buyGood && payload.idempotency_key !== undefined)
}

/** A request that was never sent did nothing. One that was sent may have been done. */
function unanswered({ everSent, envelope }: Pending, why: string): DrumbeatError {
  const code = everSent ? 'OUTCOME_UNKNOWN' : 'UNAVAILABLE'
  return new DrumbeatError(code, `${envelope.eventType}: ${why}`)
}
