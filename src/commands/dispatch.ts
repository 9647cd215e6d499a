import { toError } from '../base/assert.ts'
import { ANSWER_WITHIN_MS } from '../base/deadline.ts'
import type { Log } from '../base/log.ts'
import type { Traces } from '../base/trace.ts'
import { CLOSE } from '../protocol/close-codes.ts'
import { decodeFrame, holdsRepeatedKey } from '../protocol/codec.ts'
import { isRequest, parseRequest, readRequestId, type Request } from '../protocol/envelope.ts'
import { badRequest, Refusal } from '../protocol/errors.ts'
import { REQUESTS } from '../protocol/event-facts.ts'
import { CHANGES_ROOMS } from '../protocol/client-facts.ts'
import { EVENT, type EventType } from '../protocol/events.ts'
import type { RequestFacts } from '../protocol/shapes/commands.ts'
import { decodeInputFrame, isGameFrame, type InputFrame } from '../protocol/game-frames.ts'
import type { ValueLimits } from '../protocol/value.ts'
import type { Access } from '../door/handshake.ts'
import type { CallsUnderWay } from '../session/calls-under-way.ts'
import type { Connection, Incoming } from '../session/connection.ts'
import type { Traffic } from '../session/traffic.ts'
import type { CommandCall, CommandContext } from './command.ts'
import { readInputId, toInputRequest } from './input-frame.ts'
import { replyTraced, startSpan } from './request-span.ts'
import { requireMember } from './rooms.ts'
import { COMMANDS } from './table.ts'
import { lateRefusal, Unanswered } from './unanswered.ts'

export interface DispatchOptions {
  readonly context: CommandContext
  readonly log: Log
  /** If a frame is larger, it is refused, and its connection is closed. */
  readonly frameBytesMax: number
  readonly valueLimits: ValueLimits
  /** The event types that clients may not send, by namespace. */
  readonly denied: Readonly<Record<Access, ReadonlySet<EventType>>>
  readonly traffic: Traffic
  readonly calls: CallsUnderWay
  /** Called with the time that a request took until its reply. Of the most frequent kinds, 1 of SAMPLE is measured. */
  readonly onReplied: (eventType: EventType, durationMs: number) => void
  /** Called for each refusal. `eventType` is undefined if the frame was no request. */
  readonly onRefused: (refusal: Refusal, connection: Connection, eventType: EventType | undefined) => void
  readonly onLimited: (kind: 'frames' | 'user' | 'turns' | 'calls') => void
  readonly traces: Traces
}

/** Measuring costs a few hundred nanoseconds, so of the most frequent kinds of requests only one in this many is measured. */
const SAMPLE = 16

const TOO_MUCH = {
  frames: 'this connection sends too much',
  user: 'this user sends or asks for too much, over all connections; the guests of one address count as one user',
} as const

const TURNS_RETRY_MS = 100
/** Soon after that, the connection is closed with a reason that says when to come back. */
const DRAINING_RETRY_MS = 1_000

/** A request until it has its reply. It is also the call that its command gets, so there is one object per request. */
interface Exchange extends CommandCall {
  untilMs: number
  readonly facts: RequestFacts
  readonly cameAtMs: number
  readonly isAmbiguous: boolean
  readonly isTimed: boolean
  readonly waits: boolean
  /** Whether it counts among the calls that are under way. */
  isCounted: boolean
  /** Lets the requests go on that wait for this one. */
  next: (() => void) | undefined
}

/** What is known of a refused request. */
type Refused = { readonly id?: string | undefined } & Partial<Pick<Request, 'eventType' | 'traceparent'>>

/** Takes frames, runs their commands and sends the replies. Each refusal of a request is answered here, and nowhere else. */
export class Dispatch {
  readonly #options: DispatchOptions
  readonly #unanswered: Unanswered<Exchange>
  #isDraining = false
  #sampled = 0

  constructor(options: DispatchOptions) {
    this.#options = options
    this.#unanswered = new Unanswered(options.context.clock, (exchange) => this.#answerLate(exchange))
  }

  /** Refuses requests from now on. Those that are under way can be finished. */
  drain(): void {
    this.#isDraining = true
  }

  /** @param incoming its bytes are valid until this returns */
  frame(connection: Connection, incoming: Incoming, isBinary: boolean): void {
    if (connection.isClosed) return
    const { bytes } = incoming
    this.#options.traffic.receivedBytes += bytes.length
    if (isBinary !== (connection.encoding === 'msgpack')) {
      connection.close(
        CLOSE.wrongFrameKind,
        isBinary ? 'text frames only: game.v1.json' : 'binary frames only: game.v1.msgpack',
      )
      return
    }
    if (bytes.length > this.#options.frameBytesMax) {
      const bytes_max = this.#options.frameBytesMax
      this.#refuse(
        connection,
        { id: this.#readId(connection, bytes) },
        new Refusal('PAYLOAD_TOO_LARGE', `a frame may have at most ${bytes_max} bytes`, { bytes_max }),
      )
      connection.close(CLOSE.tooLarge, 'the frame is too large')
      return
    }
    const nowMs = this.#options.context.clock.nowMs()
    const ownMs = connection.limits.waitMs(bytes.length, nowMs)
    const waitMs = ownMs > 0 ? ownMs : connection.share.waitMs(bytes.length, nowMs)
    if (connection.isOpen) {
      if (waitMs === 0) this.#request(connection, incoming, nowMs)
      else this.#overRate(connection, this.#readId(connection, bytes), waitMs, ownMs > 0 ? 'frames' : 'user')
    } else if (waitMs > 0 || !connection.keepEarly(incoming)) {
      // Nothing may be answered before the first frame was sent.
      connection.close(CLOSE.rateLimit, 'too much was sent before the first frame came')
    }
  }

  /** Takes a frame that was kept until the connection was open. It has already passed the limits. */
  early(connection: Connection, incoming: Incoming): void {
    this.#request(connection, incoming, this.#options.context.clock.nowMs())
  }

  #request(connection: Connection, incoming: Incoming, cameAtMs: number): void {
    const request = this.#parse(connection, incoming)
    if (!request) return
    const { eventType } = request
    const facts = REQUESTS[eventType]
    const { context, traces, traffic } = this.#options
    traffic.requests.set(eventType, (traffic.requests.get(eventType) ?? 0) + 1)
    const waits = waitsForRooms(request)
    const exchange: Exchange = {
      connection,
      request,
      context,
      span: traces.tracer === undefined ? undefined : startSpan(traces.tracer, connection, request),
      untilMs: Infinity,
      facts,
      cameAtMs,
      // If a request moves money, a key that is given twice is ambiguous. Check now, because `bytes` are no longer valid at its
      // turn.
      isAmbiguous: facts.isMoney === true && holdsRepeatedKey(incoming.bytes, connection.encoding),
      isTimed: facts.isSampled !== true || this.#sampled++ % SAMPLE === 0,
      waits,
      isAnswered: false,
      whenLate: undefined,
      isCounted: false,
      next: undefined,
    }
    if (facts.isLocal !== true) this.#unanswered.add(exchange)
    if (!waits) this.#start(exchange)
    else if (connection.turns.isFull) this.#fail(exchange, this.#tooManyTurns())
    else this.#inTurn(exchange)
  }

  /** Runs joins and leaves one after another, and after them the requests that came after them. Runs everything else at once. */
  #inTurn(exchange: Exchange): void {
    const { turns } = exchange.connection
    if (CHANGES_ROOMS.includes(exchange.request.eventType)) {
      turns.take((done) => {
        exchange.next = done
        this.#start(exchange)
      }, true)
    } else if (!turns.isChangingRooms) this.#start(exchange)
    else {
      turns.take((done) => {
        this.#start(exchange)
        done()
      })
    }
  }

  #start(exchange: Exchange): void {
    const { connection, request, context, facts } = exchange
    // The request was answered while it waited for its turn.
    if (exchange.isAnswered) {
      exchange.next?.()
      return
    }
    try {
      exchange.untilMs = Math.max(exchange.cameAtMs, connection.turns.replayedAtMs) + ANSWER_WITHIN_MS
      this.#allow(connection, request)
      if (exchange.isAmbiguous) throw badRequest('payload', 'a key is given twice')
      const command = COMMANDS.get(request.eventType)
      const args = command?.parse(request.payload, request, context.limits)
      if (exchange.waits) requireTime(exchange.untilMs, context.clock.nowMs())
      command?.check?.(args, exchange)
      // Nobody waits for the result of this read.
      if (facts.isRead === true && request.id === undefined) this.#done(exchange, {})
      else {
        exchange.isCounted = this.#count(connection, facts)
        command?.run(args, exchange, (result) => this.#done(exchange, result))
      }
    } catch (thrown) {
      this.#fail(exchange, thrown)
      exchange.next?.()
    }
  }

  #done(exchange: Exchange, result: Parameters<Connection['reply']>[1]): void {
    if (result instanceof Refusal) this.#fail(exchange, result)
    else if (this.#isFirstAnswer(exchange)) {
      const { connection, request, span } = exchange
      if (span === undefined) connection.reply(request.id, result, request.traceparent)
      else replyTraced(connection, request, result, span)
      if (exchange.isTimed) this.#replied(exchange)
    }
    exchange.next?.()
  }

  #fail(exchange: Exchange, thrown: unknown): void {
    if (!this.#isFirstAnswer(exchange)) return
    this.#answerNo(exchange, this.#toRefusal(thrown, exchange))
    if (exchange.isTimed) this.#replied(exchange)
  }

  #isFirstAnswer(exchange: Exchange): boolean {
    if (exchange.isCounted) this.#options.calls.end(exchange.connection)
    exchange.isCounted = false
    if (exchange.isAnswered) return false
    exchange.isAnswered = true
    this.#unanswered.delete(exchange)
    return true
  }

  /**
   * Answers a request that took too long. If the primary still answers, that is not sent. Until then the request counts as under
   * way.
   */
  #answerLate(exchange: Exchange): void {
    if (exchange.whenLate) {
      exchange.whenLate()
      return
    }
    exchange.isAnswered = true
    this.#answerNo(exchange, lateRefusal(willBeDone(exchange)))
  }

  #answerNo({ connection, request, span }: Exchange, refusal: Refusal): void {
    this.#refuse(connection, request, refusal)
    span?.end(refusal.code)
  }

  /** Returns undefined if the frame was refused. The refusal is sent then. */
  #parse(connection: Connection, { bytes, refusal: found }: Incoming): Request | undefined {
    if (connection.encoding === 'msgpack' && isGameFrame(bytes)) return this.#parseInput(connection, bytes)
    let value: unknown
    try {
      const decoded = decodeFrame(bytes, connection.encoding, this.#options.valueLimits)
      value = decoded.value
      const refusal = found ?? decoded.refusal
      if (refusal) throw refusal
      return parseRequest(value)
    } catch (thrown) {
      if (!(thrown instanceof Refusal)) throw thrown
      this.#refuse(connection, { id: readRequestId(value) }, thrown)
      if (!isRequest(value)) this.#noRequest(connection)
      return undefined
    }
  }

  /** Parses a binary input. Returns undefined if it was refused. */
  #parseInput(connection: Connection, bytes: Uint8Array): Request | undefined {
    let frame: InputFrame | undefined
    try {
      frame = decodeInputFrame(bytes)
      return toInputRequest(connection, frame, this.#options.context.games)
    } catch (thrown) {
      if (!(thrown instanceof Refusal)) throw thrown
      this.#refuse(connection, { id: frame?.id }, thrown)
      if (frame === undefined) this.#noRequest(connection)
      return undefined
    }
  }

  /**
   * Closes the connection after several frames that are no requests. A request with a wrong value is a mistake in a game, but
   * such frames mean that the client speaks another protocol.
   */
  #noRequest(connection: Connection): void {
    if (!connection.limits.isOneBadFrameTooMany(this.#options.context.clock.nowMs())) return
    connection.close(CLOSE.badRequests, 'too many frames that are no requests')
  }

  #overRate(connection: Connection, id: string | undefined, waitMs: number, kind: 'frames' | 'user'): void {
    const refusal = new Refusal('RATE_LIMITED', TOO_MUCH[kind], { retry_after_ms: waitMs })
    const nowMs = this.#options.context.clock.nowMs()
    this.#options.onLimited(kind)
    this.#refuse(connection, { id }, refusal)
    // Guests of one address may be strangers to each other, so no guest is closed for what others send.
    if (kind === 'user' && connection.access === 'private') connection.limits.noteOver(nowMs)
    if (connection.limits.isFlood(nowMs)) {
      connection.close(CLOSE.rateLimit, 'too much was sent for too long')
    }
  }

  /** Reads the id of a frame that is refused without being parsed. */
  #readId(connection: Connection, bytes: Uint8Array): string | undefined {
    if (connection.encoding === 'msgpack' && isGameFrame(bytes)) return readInputId(bytes)
    try {
      return readRequestId(decodeFrame(bytes, connection.encoding, this.#options.valueLimits).value)
    } catch (thrown) {
      if (thrown instanceof Refusal) return undefined
      throw thrown
    }
  }

  #tooManyTurns(): Refusal {
    this.#options.onLimited('turns')
    return new Refusal('RATE_LIMITED', 'too many requests wait for a room', { retry_after_ms: TURNS_RETRY_MS })
  }

  /** Counts the request as a call under way. Returns false if it makes no call, and so is not counted. Throws OVERLOADED. */
  #count(connection: Connection, { isLocal }: RequestFacts): boolean {
    if (isLocal === true) return false
    try {
      this.#options.calls.begin(connection)
      return true
    } catch (thrown) {
      this.#options.onLimited('calls')
      throw thrown
    }
  }

  #allow(connection: Connection, { eventType, room }: Request): void {
    const { access } = connection
    if (this.#isDraining && eventType !== EVENT.sessionPing) {
      throw new Refusal('DRAINING', 'the server is stopping', { retry_after_ms: DRAINING_RETRY_MS })
    }
    if (this.#options.denied[access].has(eventType)) {
      if (access === 'guest') throw new Refusal('AUTH_REQUIRED', `a guest may not send ${eventType}`)
      throw new Refusal('FORBIDDEN', `clients of this namespace may not send ${eventType}`)
    }
    if (room === undefined || CHANGES_ROOMS.includes(eventType)) return
    const why = connection.rooms.has(room) ? undefined : this.#options.context.games.whyNotIn(connection, room)
    if (why) throw why
    requireMember(connection, room)
  }

  /**
   * Returns a refusal as it is. Anything else, and what the primary calls INTERNAL, is a defect: it is logged under an id that
   * the client gets.
   */
  #toRefusal(thrown: unknown, { connection, request, span }: Exchange): Refusal {
    if (thrown instanceof Refusal && thrown.code !== 'INTERNAL') return thrown
    const traceId = span?.traceId ?? request.traceparent?.split('-')[1] ?? this.#options.context.random.uuid()
    const { eventType } = request
    this.#options.log.error(
      { err: toError(thrown), connection: connection.id, user: connection.userId, eventType, traceId },
      'a command failed',
    )
    return new Refusal('INTERNAL', 'a defect of the server', { trace_id: traceId })
  }

  #replied({ request, cameAtMs }: Exchange): void {
    this.#options.onReplied(request.eventType, this.#options.context.clock.nowMs() - cameAtMs)
  }

  #refuse(connection: Connection, { id, eventType, traceparent }: Refused, refusal: Refusal): void {
    this.#options.onRefused(refusal, connection, eventType)
    connection.reply(id, refusal, traceparent)
  }
}

function waitsForRooms({ eventType, room, payload }: Request): boolean {
  const { waits } = REQUESTS[eventType]
  if (waits === 'if-named') return room !== undefined || payload['room_id'] !== undefined
  return waits !== 'never'
}

/** Whether the request is carried out if the primary goes on. A late join is not: the connection leaves the room at once. */
function willBeDone({ isCounted, facts, request: { eventType } }: Exchange): boolean {
  return isCounted && facts.isRead !== true && !CHANGES_ROOMS.includes(eventType)
}

/** Refuses a request that waited so long for joins before it that it has no time left. */
function requireTime(untilMs: number, nowMs: number): void {
  if (nowMs >= untilMs) throw new Refusal('UNAVAILABLE', 'earlier requests took too long; nothing was done')
}
