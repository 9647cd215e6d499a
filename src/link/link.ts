import type { Duplex } from 'node:stream'
import { toError } from '../base/assert.ts'
import { fromMachineMs, toMachineMs } from '../base/clock.ts'
import { endingWith, type Span, type Traces } from '../base/trace.ts'
import { Refusal, refusalOf, type ErrorBody } from '../protocol/errors.ts'
import type { CallTurns, Lane } from './call-turns.ts'
import { Block, encodeHead, encodeMessages, LinkDecoder, type BlockKind } from './framing.ts'

/** Method names with the types of their arguments and results. Values travel as msgpack, so they must be plain data and bytes. */
export type Methods = { readonly [name: string]: { readonly args: unknown; readonly result: unknown } }

export type Handlers<Own extends Methods> = {
  readonly [Name in keyof Own]: (
    args: Own[Name]['args'],
    reply: (result: Own[Name]['result'] | Refusal) => void,
    span?: Span,
    /** When the call has to be answered, by the monotonic clock of this process. */
    untilMs?: number,
  ) => void
}

/**
 * The messages of the link:
 * - a call: [0, call, method, args, until, from], and a W3C traceparent if the call is traced;
 * - a result: [1, call, result];
 * - an error: [2, call, error].
 * A `call` of 0 wants no answer. `from` is the number of the connection that the call is made for; 0 or absent means none.
 */
export type Invocation = [0, number, string, unknown, (number | null)?, number?, string?]
type Message = Invocation | [1, number, unknown] | [2, number, ErrorBody]

type Done = (result: unknown) => void

export interface LinkOptions<Own extends Methods, Other extends Methods> {
  readonly stream: Duplex
  readonly handlers: Handlers<Own>
  /** Called with each block of events: see `event-block.ts`. */
  readonly onBlock?: (block: Buffer) => void
  /** Called with each block of a game host: see `game-block.ts`. */
  readonly onGameBlock?: (block: Buffer) => void
  /** Called before each message is sent, with its method or that of the call it answers. It may send what has to go first. */
  readonly before?: (method: keyof Own | keyof Other) => void
  /** For incoming calls. */
  readonly traces?: Traces
  /** Decides, for all links together, when incoming calls for connections are run. Without it they run at once. */
  readonly turns?: CallTurns<Invocation>
  /** How many bytes may be queued for the other side. Above it the link counts as full until the other side has read them. */
  readonly queueBytesMax: number
  /**
   * With more queued bytes than this the link is closed. Without it, that is left to the heartbeat, which notices if the other
   * side is stuck.
   */
  readonly closeBytesMax?: number
  /** The other side is gone or stuck. Calls under way have been answered with OUTCOME_UNKNOWN before. */
  readonly onClose: (why: string) => void
}

/** With more than this many times `queueBytesMax` queued, calls of all links are refused. */
const STUCK = 4
const STUCK_RETRY_MS = 200
const LATE_RETRY_MS = 500
const NOTHING = new Uint8Array()

/**
 * One end of the socket between the primary and a worker or a host. Messages of one turn of the event loop share a write. What
 * arrives is handled at once and in order, replies included. So when a reply comes, everything that was sent before it has been
 * handled.
 */
export class Link<Own extends Methods, Other extends Methods> {
  readonly #options: LinkOptions<Own, Other>
  readonly #decoder = new LinkDecoder()
  readonly #calls = new Map<number, Done>()
  /** Messages and blocks, in order. */
  #outgoing: (Message | Block)[] = []
  readonly #lane: Lane<Invocation> | undefined
  #nextCall = 1
  #closed = false
  #isFull = false

  constructor(options: LinkOptions<Own, Other>) {
    this.#options = options
    this.#lane = options.turns?.lane({
      run: (call) => this.#invoke(call),
      runWaiting: (call, nowMs) => (isLate(call, nowMs) ? this.#refuse(call, late()) : this.#invoke(call)),
      refuse: (call) => this.#refuse(call, stuck()),
      isFull: () => this.#isFull,
    })
    options.stream.on('data', (chunk: Buffer) => this.#receive(chunk))
    options.stream.on('error', (error) => this.close(error.message))
    options.stream.on('close', () => this.close('the other side is gone'))
  }

  get callsUnderWay(): number {
    return this.#calls.size
  }

  /** Whether the other side does not read what it is sent. */
  get isFull(): boolean {
    return this.#isFull
  }

  /** Bytes that the other side has not read yet. */
  get queuedBytes(): number {
    return this.#options.stream.writableLength
  }

  /**
   * Calls `done` with the result or a Refusal, in the order of the link.
   * @param span the span that the call belongs to
   * @param untilMs when it has to be answered; the other side keeps this deadline, and chooses one if there is none
   * @param from the number of the connection that the call is made for; 0 if it need not wait for a turn
   */
  call<Name extends keyof Other & string>(
    method: Name,
    args: Other[Name]['args'],
    done: (result: Other[Name]['result'] | Refusal) => void,
    span?: Span,
    untilMs?: number,
    from = 0,
  ): void {
    if (this.#closed) {
      done(new Refusal('UNAVAILABLE', 'the server is stopping'))
      return
    }
    const call = this.#nextCall++
    const until = untilMs === undefined ? null : toMachineMs(untilMs)
    if (span === undefined) {
      this.#calls.set(call, done)
      this.#send(method, from === 0 ? [0, call, method, args, until] : [0, call, method, args, until, from])
      return
    }
    const step = span.child(`link ${method}`, 'client')
    this.#calls.set(call, endingWith(step, done))
    this.#send(method, [0, call, method, args, until, from, step.traceparent])
  }

  /** Like `call`, but as a promise: other messages may be handled before its caller continues. Rejects with a Refusal. */
  ask<Name extends keyof Other & string>(
    method: Name,
    args: Other[Name]['args'],
    span?: Span,
  ): Promise<Other[Name]['result']> {
    return new Promise((resolve, reject) => {
      this.call(method, args, (result) => (result instanceof Refusal ? reject(result) : resolve(result)), span)
    })
  }

  /** Calls a method without an answer. */
  tell<Name extends keyof Other & string>(method: Name, args: Other[Name]['args']): void {
    this.#send(method, [0, 0, method, args])
  }

  /** Sends the block after everything that was sent before. The block is not copied, so it must not change any more. */
  sendBlock(block: Buffer, kind: BlockKind): void {
    this.#enqueue(new Block(kind, block))
  }

  close(why: string): void {
    if (this.#closed) return
    this.#closed = true
    this.#lane?.close()
    this.#options.stream.destroy()
    for (const done of this.#calls.values()) done(new Refusal('OUTCOME_UNKNOWN', 'the connection to the log was cut'))
    this.#calls.clear()
    this.#options.onClose(why)
  }

  #send(method: keyof Own | keyof Other, message: Message): void {
    this.#options.before?.(method)
    this.#enqueue(message)
  }

  #enqueue(item: Message | Block): void {
    if (this.#closed) return
    this.#outgoing.push(item)
    if (this.#outgoing.length === 1) setImmediate(() => this.#flush())
  }

  #flush(): void {
    if (this.#closed || this.#outgoing.length === 0) return
    const { stream } = this.#options
    const outgoing = this.#outgoing
    this.#outgoing = []
    stream.cork()
    for (const part of toParts(outgoing)) stream.write(part)
    stream.uncork()
    this.#lookAtQueue(stream.writableLength)
  }

  #lookAtQueue(bytes: number): void {
    const { stream, queueBytesMax, closeBytesMax = Infinity } = this.#options
    if (bytes <= queueBytesMax) return
    if (bytes > closeBytesMax) {
      this.close('it does not read what it is sent')
      return
    }
    if (bytes > queueBytesMax * STUCK) this.#lane?.stuck()
    if (this.#isFull) return
    this.#isFull = true
    // Called when everything before it was written.
    stream.write(NOTHING, () => {
      this.#isFull = false
      this.#lane?.goOn()
      this.#lookAtQueue(stream.writableLength)
    })
  }

  #receive(chunk: Buffer): void {
    for (const item of this.#decoder.push(chunk)) {
      if (!(item instanceof Block)) this.#handle(item as Message)
      else if (item.kind === 'events') this.#options.onBlock?.(item.bytes)
      else this.#options.onGameBlock?.(item.bytes)
    }
  }

  #handle(message: Message): void {
    const [kind, call] = message
    if (kind === 0) {
      const from = message.length > 5 ? message[5] : 0
      if (from === undefined || from === 0 || this.#lane === undefined) this.#invoke(message)
      else this.#lane.add(from, message)
      return
    }
    const done = this.#calls.get(call)
    this.#calls.delete(call)
    done?.(kind === 1 ? message[2] : refusalOf(message[2]))
  }

  #refuse([, call, method]: Invocation, refusal: Refusal): void {
    if (call !== 0) this.#send(method, [2, call, refusal.toBody()])
  }

  #invoke(message: Invocation): void {
    const [, call, method, args] = message
    // A message ends after the last element that it needs, so `until` and what follows may be absent.
    const until = message.length > 4 ? message[4] : null
    const traceparent = message.length > 6 ? message[6] : undefined
    const span =
      traceparent === undefined
        ? undefined
        : this.#options.traces?.tracer?.follow(`primary ${method}`, 'server', traceparent)
    const reply = (result: unknown) => {
      if (span !== undefined) span.end(result instanceof Refusal ? result.code : undefined)
      if (call === 0) return
      if (result instanceof Refusal) this.#send(method, [2, call, result.toBody()])
      else this.#send(method, [1, call, result])
    }
    const handler = this.#options.handlers[method]
    if (!handler) throw new Error(`no such method on the link: ${method}`)
    try {
      handler(args, reply, span, typeof until === 'number' ? fromMachineMs(until) : undefined)
    } catch (thrown) {
      if (!(thrown instanceof Refusal)) throw thrown
      reply(thrown)
    }
  }
}

function isLate(call: Invocation, nowMs: number): boolean {
  const until = call.length > 4 ? call[4] : null
  return typeof until === 'number' && fromMachineMs(until) <= nowMs
}

function late(): Refusal {
  return new Refusal('OVERLOADED', 'the server had no time for it before its deadline', {
    retry_after_ms: LATE_RETRY_MS,
  })
}

function stuck(): Refusal {
  return new Refusal('OVERLOADED', 'a worker does not read its events', { retry_after_ms: STUCK_RETRY_MS })
}

/** For handlers that return promises. A thrown value that is not a Refusal is a defect, and ends the process. */
export function replyWith<Result>(promise: Promise<Result | Refusal>, reply: (result: Result | Refusal) => void): void {
  promise.then(reply, (thrown: unknown) => {
    if (thrown instanceof Refusal) reply(thrown)
    else
      setImmediate(() => {
        throw toError(thrown)
      })
  })
}

/** Turns the queue into writes, in order. Consecutive messages share a frame. */
function* toParts(outgoing: readonly (Message | Block)[]): Generator<Uint8Array> {
  let messages: Message[] = []
  for (const item of outgoing) {
    if (!(item instanceof Block)) {
      messages.push(item)
      continue
    }
    if (messages.length > 0) yield encodeMessages(messages)
    messages = []
    yield encodeHead(item.kind, item.bytes.length)
    yield item.bytes
  }
  if (messages.length > 0) yield encodeMessages(messages)
}
