import { EVENT, type JsonObject, type ReplyEnvelope, type RequestEnvelope } from '../protocol/events.ts'
import { DrumbeatError, errorFromBody } from './errors.ts'
import { after } from './timing.ts'

export interface RequestOptions {
  /** A room this client has joined. */
  readonly room?: string
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
}

export interface RequestsOptions {
  readonly timeoutMs: number
  readonly queueMax: number
  /** Sends now; throws where the request cannot be sent at all. */
  send(envelope: RequestEnvelope): void
  /** Before the caller learns of it. */
  onSuccess(envelope: RequestEnvelope, data: JsonObject): void
}

interface Pending {
  readonly envelope: RequestEnvelope
  /** On the connection there is now. */
  sent: boolean
  /** On any connection: then nobody knows whether it was done. */
  everSent: boolean
  /** Takes it out of the table. */
  resolve(data: JsonObject): void
  reject(error: unknown): void
}

const RESENT: ReadonlySet<string> = new Set([
  EVENT.roomJoin,
  EVENT.roomLeave,
  EVENT.stateGet,
  EVENT.presenceList,
  EVENT.sessionPing,
])

/** The requests without an answer yet, in the order they were made: those under way, and those that wait to be sent. */
export class Requests {
  readonly #options: RequestsOptions
  readonly #pending = new Map<string, Pending>()
  #up = false
  #count = 0
  #closed: string | undefined

  constructor(options: RequestsOptions) {
    this.#options = options
  }

  request(eventType: string, payload: JsonObject, options: RequestOptions = {}): Promise<JsonObject> {
    const refusal = this.#refusal()
    if (refusal !== undefined) return Promise.reject(refusal)
    if (options.signal?.aborted) return Promise.reject(options.signal.reason)
    const id = `c${++this.#count}`
    const envelope = { id, eventType, ...(options.room === undefined ? {} : { room: options.room }), payload }
    return new Promise((resolve, reject) => {
      const pending = this.#add(envelope, options, { resolve, reject })
      if (this.#up) this.#send(pending)
    })
  }

  /** A connection is there: what waits goes, in order. */
  up(): void {
    this.#up = true
    for (const pending of this.#pending.values()) if (!pending.sent) this.#send(pending)
  }

  /** The connection is gone: what may be asked twice waits for the next one, of the rest nobody knows. */
  lost(): void {
    this.#up = false
    for (const pending of this.#pending.values()) {
      if (!pending.sent) continue
      if (isRepeatable(pending.envelope)) pending.sent = false
      else pending.reject(unanswered(pending, 'the connection was lost'))
    }
  }

  /** Returns the error of a reply that belongs to no request. */
  settle(reply: ReplyEnvelope): DrumbeatError | undefined {
    const pending = reply.replyTo === undefined ? undefined : this.#pending.get(reply.replyTo)
    if (reply.success) {
      if (pending === undefined) return undefined
      this.#options.onSuccess(pending.envelope, reply.data)
      pending.resolve(reply.data)
      return undefined
    }
    const error = errorFromBody(reply.error)
    pending?.reject(error)
    return reply.replyTo === undefined ? error : undefined
  }

  close(reason: string): void {
    this.#up = false
    this.#closed = reason
    for (const pending of this.#pending.values()) {
      pending.reject(pending.everSent ? unanswered(pending, reason) : new DrumbeatError('CLOSED', reason))
    }
  }

  #refusal(): DrumbeatError | undefined {
    if (this.#closed !== undefined) return new DrumbeatError('CLOSED', this.#closed)
    if (this.#up || this.#waiting() < this.#options.queueMax) return undefined
    return new DrumbeatError('OVERLOADED', `${this.#options.queueMax} requests wait for a connection already`)
  }

  #waiting(): number {
    let count = 0
    for (const pending of this.#pending.values()) if (!pending.sent) count++
    return count
  }

  #add(
    envelope: RequestEnvelope & { id: string },
    { timeoutMs = this.#options.timeoutMs, signal }: RequestOptions,
    caller: { resolve(data: JsonObject): void; reject(error: unknown): void },
  ): Pending {
    const forget = () => {
      cancel()
      signal?.removeEventListener('abort', onAbort)
      this.#pending.delete(envelope.id)
    }
    const pending: Pending = {
      envelope,
      sent: false,
      everSent: false,
      resolve: (data) => (forget(), caller.resolve(data)),
      reject: (error) => (forget(), caller.reject(error)),
    }
    const onAbort = () => pending.reject(signal?.reason)
    const cancel = after(timeoutMs, () => pending.reject(unanswered(pending, `no reply within ${timeoutMs} ms`)))
    signal?.addEventListener('abort', onAbort)
    this.#pending.set(envelope.id, pending)
    return pending
  }

  #send(pending: Pending): void {
    try {
      this.#options.send(pending.envelope)
      pending.sent = true
      pending.everSent = true
    } catch (error) {
      pending.reject(error)
    }
  }
}

function isRepeatable({ eventType, payload }: RequestEnvelope): boolean {
  return RESENT.has(eventType) || (eventType === EVENT.buyGood && payload.idempotency_key !== undefined)
}

/** What was never sent did nothing; what was sent may have. */
function unanswered({ everSent, envelope }: Pending, why: string): DrumbeatError {
  const code = everSent ? 'OUTCOME_UNKNOWN' : 'UNAVAILABLE'
  return new DrumbeatError(code, `${envelope.eventType}: ${why}`)
}
