import { CHANGES_ROOMS, REPEATABLE } from '../protocol/client-facts.ts'
import * as EVENT from '../protocol/event-names.ts'
import type { JsonObject } from '../protocol/events.ts'
import type { ReplyEnvelope, RequestEnvelope } from '../protocol/shapes/commands.ts'
import { DrumbeatError, errorFromBody } from './errors.ts'
import type { Settings } from './options.ts'
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

/** The requests without an answer yet, in the order they were made: those under way, and those that wait to be sent. */
export class Requests {
  readonly #settings: Settings
  readonly #onSuccess: (envelope: RequestEnvelope, data: JsonObject) => void
  readonly #pending = new Map<string, Pending>()
  /** Joins and leaves that nobody waits for any more, by connection: what their answers say of the rooms is so all the same. */
  readonly #givenUp = new Map<string, Pick<Pending, 'line' | 'envelope'>>()
  /** Connections that only answer what they were asked. */
  readonly #retired = new Set<Line>()
  #line: Line | undefined
  #isDraining = false
  #count = 0
  #closed: string | undefined

  /** @param onSuccess before the caller learns of it */
  constructor(settings: Settings, onSuccess: (envelope: RequestEnvelope, data: JsonObject) => void) {
    this.#settings = settings
    this.#onSuccess = onSuccess
  }

  /** A join or a leave has no answer yet: which rooms there are is not known. */
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

  /** Sends what wants no answer, or leaves it out if there is no connection. Throws what cannot be sent, as a request rejects. */
  tell(eventType: string, payload: JsonObject, room: string): void {
    const envelope = toSendable({ eventType, room, payload }) as RequestEnvelope
    this.#line?.send(envelope)
  }

  /**
   * A connection is there: what waits goes, in order, behind the requests that `first` makes. One that was there before is closed
   * when it has answered.
   */
  up(line: Line, first: () => void): void {
    if (this.#line) this.#retired.add(this.#line)
    this.#line = line
    this.#isDraining = false
    first()
    for (const pending of this.#pending.values()) if (!pending.line) this.#send(pending, line)
    this.#closeIdle()
  }

  /** The connection is about to go: what it does not take any more waits for the next one. */
  draining(): void {
    this.#isDraining = true
  }

  /** The connection is gone: what may be asked twice waits for the next one, of the rest nobody knows. */
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
      // Nothing was done, and another connection is there or about to come.
      if (pending && error.code === 'DRAINING' && (this.#isDraining || pending.line !== this.#line))
        this.#again(pending)
      else pending?.reject(error)
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

/** What was never sent did nothing; what was sent may have. */
function unanswered({ everSent, envelope }: Pending, why: string): DrumbeatError {
  const code = everSent ? 'OUTCOME_UNKNOWN' : 'UNAVAILABLE'
  return new DrumbeatError(code, `${envelope.eventType}: ${why}`)
}
