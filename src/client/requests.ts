import { requestsWhere } from '../protocol/event-facts.ts'
import type { JsonObject } from '../protocol/events.ts'
import type { ReplyEnvelope, RequestEnvelope } from '../protocol/shapes/commands.ts'
import { DrumbeatError, errorFromBody } from './errors.ts'
import { toSendable } from './sendable.ts'
import { after } from './timing.ts'

/** What every request takes. */
export interface RequestOptions {
  /** A room this client has joined. */
  readonly room?: string
  /** Instead of the client's `requestTimeoutMs`. */
  readonly timeoutMs?: number
  /** Rejects with its reason. What was sent may be done all the same. */
  readonly signal?: AbortSignal
}

/** One connection, as requests see it. */
export interface Line {
  /** Sends now; throws where the request cannot be sent at all. */
  send(envelope: RequestEnvelope): void
  /** Nobody waits for an answer on it any more. */
  close(): void
}

export interface RequestsOptions {
  readonly timeoutMs: number
  readonly queueMax: number
  /** How long one may wait to be sent; undefined: as long as for its reply. */
  readonly queueMaxAgeMs: number | undefined
  /** Before the caller learns of it. */
  onSuccess(envelope: RequestEnvelope, data: JsonObject): void
}

interface Pending {
  readonly envelope: RequestEnvelope
  /** Where an answer may come from. */
  line: Line | undefined
  /** On any connection: then nobody knows whether it was done. */
  everSent: boolean
  cancelAge(): void
  /** Takes it out of the table. */
  resolve(data: JsonObject): void
  reject(error: unknown): void
}

const ROOM = requestsWhere(({ room }) => room === 'changes')
const RESENT = requestsWhere(({ repeat }) => repeat === 'always')
const RESENT_WITH_KEY = requestsWhere(({ repeat }) => repeat === 'keyed')

/** The requests without an answer yet, in the order they were made: those under way, and those that wait to be sent. */
export class Requests {
  readonly #options: RequestsOptions
  readonly #pending = new Map<string, Pending>()
  /** Joins and leaves that nobody waits for any more, by connection: what their answers say of the rooms is so all the same. */
  readonly #givenUp = new Map<string, { readonly line: Line; readonly envelope: RequestEnvelope }>()
  /** Connections that only answer what they were asked. */
  readonly #retired = new Set<Line>()
  #line: Line | undefined
  #draining = false
  #count = 0
  #closed: string | undefined

  constructor(options: RequestsOptions) {
    this.#options = options
  }

  /** A join or a leave has no answer yet: which rooms there are is not known. */
  get roomsUnderWay(): boolean {
    if (this.#givenUp.size > 0) return true
    return [...this.#pending.values()].some(({ line, envelope }) => line !== undefined && ROOM.has(envelope.eventType))
  }

  request(eventType: string, payload: JsonObject, options: RequestOptions = {}): Promise<JsonObject> {
    const refusal = this.#refusal()
    if (refusal !== undefined) return Promise.reject(refusal)
    if (options.signal?.aborted) return Promise.reject(options.signal.reason)
    const id = `c${++this.#count}`
    let envelope: RequestEnvelope & { id: string }
    try {
      envelope = toSendable({ id, eventType, room: options.room, payload }) as typeof envelope
    } catch (error) {
      return Promise.reject(error)
    }
    return new Promise((resolve, reject) => {
      const pending = this.#add(envelope, options, { resolve, reject })
      if (this.#line) this.#send(pending, this.#line)
    })
  }

  /** Sends what wants no answer, or leaves it out if there is no connection. Throws what cannot be sent, as a request rejects. */
  tell(eventType: string, payload: JsonObject, room: string): void {
    const envelope = toSendable({ eventType, room, payload }) as RequestEnvelope
    this.#line?.send(envelope)
  }

  /**
   * A connection is there: what waits goes, in order, behind the requests that `first` makes. One that was there before is closed
   * when it has answered.
   */
  up(line: Line, first: () => void = () => {}): void {
    if (this.#line) this.#retired.add(this.#line)
    this.#line = line
    this.#draining = false
    first()
    for (const pending of this.#pending.values()) if (!pending.line) this.#send(pending, line)
    this.#closeIdle()
  }

  /** The connection is about to go: what it does not take any more waits for the next one. */
  draining(): void {
    this.#draining = true
  }

  /** The connection is gone: what may be asked twice waits for the next one, of the rest nobody knows. */
  lost(line: Line): void {
    if (this.#line === line) this.#line = undefined
    this.#retired.delete(line)
    for (const [id, givenUp] of this.#givenUp) if (givenUp.line === line) this.#givenUp.delete(id)
    for (const pending of this.#pending.values()) {
      if (pending.line !== line) continue
      if (!isRepeatable(pending.envelope)) pending.reject(unanswered(pending, 'the connection was lost'))
      else this.#again(pending)
    }
  }

  /** Returns the error of a reply that belongs to no request. */
  settle(reply: ReplyEnvelope): DrumbeatError | undefined {
    const pending = reply.replyTo === undefined ? undefined : this.#pending.get(reply.replyTo)
    if (reply.success) {
      if (pending === undefined) {
        this.#settleLate(reply.replyTo, reply.data)
        return undefined
      }
      this.#options.onSuccess(pending.envelope, reply.data)
      pending.resolve(reply.data)
      return undefined
    }
    const error = errorFromBody(reply.error)
    // Nothing was done, and another connection is there or about to come.
    const elsewhere = error.code === 'DRAINING' && (this.#draining || pending?.line !== this.#line)
    if (pending && elsewhere) this.#again(pending)
    else pending?.reject(error)
    if (reply.replyTo === undefined) return error
    this.#settleLate(reply.replyTo)
    return undefined
  }

  /** The answer of a request that was given up. */
  #settleLate(id: string, data?: JsonObject): void {
    const givenUp = this.#givenUp.get(id)
    if (!givenUp) return
    this.#givenUp.delete(id)
    if (data) this.#options.onSuccess(givenUp.envelope, data)
    this.#closeIdle()
  }

  close(reason: string): void {
    this.#line = undefined
    this.#closed = reason
    for (const pending of this.#pending.values()) {
      pending.reject(pending.everSent ? unanswered(pending, reason) : new DrumbeatError('CLOSED', reason))
    }
  }

  #refusal(): DrumbeatError | undefined {
    if (this.#closed !== undefined) return new DrumbeatError('CLOSED', this.#closed)
    if (this.#line || this.#waiting() < this.#options.queueMax) return undefined
    return new DrumbeatError('OVERLOADED', `${this.#options.queueMax} requests wait for a connection already`)
  }

  #waiting(): number {
    let count = 0
    for (const pending of this.#pending.values()) if (!pending.line) count++
    return count
  }

  #add(
    envelope: RequestEnvelope & { id: string },
    { timeoutMs = this.#options.timeoutMs, signal }: RequestOptions,
    caller: { resolve(data: JsonObject): void; reject(error: unknown): void },
  ): Pending {
    const { queueMaxAgeMs: ageMs } = this.#options
    const wholeMs = timeoutMs + (ageMs ?? 0)
    const forget = () => {
      cancel()
      pending.cancelAge()
      signal?.removeEventListener('abort', onAbort)
      this.#pending.delete(envelope.id)
      this.#closeIdle()
    }
    const giveUp = (error: unknown) => {
      const { line } = pending
      if (line && ROOM.has(envelope.eventType)) this.#givenUp.set(envelope.id, { line, envelope })
      pending.reject(error)
    }
    const pending: Pending = {
      envelope,
      line: undefined,
      everSent: false,
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

  #again(pending: Pending): void {
    pending.line = undefined
    pending.everSent &&= isRepeatable(pending.envelope)
    if (this.#line && !this.#draining) this.#send(pending, this.#line)
  }

  #closeIdle(): void {
    for (const line of this.#retired) {
      const asked = [...this.#pending.values(), ...this.#givenUp.values()]
      if (asked.some((one) => one.line === line)) continue
      this.#retired.delete(line)
      line.close()
    }
  }
}

function isRepeatable({ eventType, payload }: RequestEnvelope): boolean {
  return RESENT.has(eventType) || (RESENT_WITH_KEY.has(eventType) && payload.idempotency_key !== undefined)
}

/** What was never sent did nothing; what was sent may have. */
function unanswered({ everSent, envelope }: Pending, why: string): DrumbeatError {
  const code = everSent ? 'OUTCOME_UNKNOWN' : 'UNAVAILABLE'
  return new DrumbeatError(code, `${envelope.eventType}: ${why}`)
}
