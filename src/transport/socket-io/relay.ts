import type { Link } from '../../link/link.ts'
import type { PrimaryMethods } from '../../link/methods/primary.ts'
import type { RelayAnswer, RelayHead, RelayMessage } from '../../link/methods/relay.ts'
import type { WorkerMethods } from '../../link/methods/worker.ts'
import type { Call, Engine, EngineWs, Wire } from './engine.ts'
import type { EngineOutcome } from './engine-http.ts'

/** Receives what comes over a wire. */
export type WireEnd = Pick<EngineWs, 'received' | 'closed'>

interface Asking {
  readonly to: number
  /** Gets the answer to a request. Also gets the answer to a WebSocket that its session does not take. */
  readonly answer: (answer: RelayAnswer) => void
  readonly wire?: Wire
}

interface Serving {
  readonly from: number
  call: Call | undefined
  ws: EngineWs | undefined
}

/** In engine.io's words, which its clients know. */
export const NO_SESSION: RelayAnswer = { status: 400, headers: {}, body: '{"code":1,"message":"Session ID unknown"}' }

/**
 * If several workers share a port, a client's request may reach a worker that does not have its session. That worker passes the
 * request by way of the primary to the one that does. The same is done with the frames of a WebSocket. If such a client reads too
 * slowly, uWS's limit ends it.
 */
export class Relay {
  readonly #link: Pick<Link<WorkerMethods, PrimaryMethods>, 'tell'>
  readonly #engine: Engine
  readonly #asking = new Map<number, Asking>()
  readonly #serving = new Map<string, Serving>()
  #nextId = 1

  constructor(link: Pick<Link<WorkerMethods, PrimaryMethods>, 'tell'>, engine: Engine) {
    this.#link = link
    this.#engine = engine
  }

  request(to: number, head: RelayHead, body: Uint8Array, answer: Asking['answer']): Call {
    const id = this.#ask({ to, answer })
    this.#tell(to, { kind: 'request', id, head, body })
    return { abort: () => this.#giveUp(id) }
  }

  /**
   * Takes an open WebSocket. It was upgraded before its session was asked, because outside of the handler of the request uWS can
   * upgrade only uncorked, and complains of that on stderr. If the session does not take the WebSocket, it is closed.
   */
  open(to: number, head: RelayHead, wire: Wire): WireEnd {
    const id = this.#ask({ to, wire, answer: () => wire.end() })
    this.#tell(to, { kind: 'upgrade', id, head })
    return {
      received: (data, isBinary) => {
        if (!this.#asking.has(id)) return
        this.#tell(to, { kind: 'frame', id, isToClient: false, data: new Uint8Array(data), isBinary })
      },
      closed: () => this.#giveUp(id),
    }
  }

  received(from: number, message: RelayMessage): void {
    const asking = this.#asking.get(message.id)
    const serving = this.#serving.get(keyOf(from, message.id))
    switch (message.kind) {
      case 'request':
      case 'upgrade':
        this.#serve(from, message)
        return
      case 'answer':
        this.#asking.delete(message.id)
        asking?.answer(message.answer)
        return
      case 'frame':
        // Both workers number their requests from 1, so an id alone is ambiguous. The direction says whose id it is.
        if (message.isToClient) asking?.wire?.send(message.data, message.isBinary)
        else serving?.ws?.received(message.data, message.isBinary)
        return
      case 'gone':
        this.#serving.delete(keyOf(from, message.id))
        serving?.call?.abort()
        serving?.ws?.closed(1006)
        return
      case 'end':
        this.#asking.delete(message.id)
        asking?.wire?.end()
        return
      case 'absent':
        this.#asking.delete(message.id)
        asking?.answer(NO_SESSION)
    }
  }

  /** A worker is gone: ends the requests that it was asked for, and those that it had asked for. */
  workerGone(worker: number): void {
    for (const [id, asking] of this.#asking) {
      if (asking.to !== worker) continue
      this.#asking.delete(id)
      asking.answer(NO_SESSION)
    }
    for (const [key, { from, call, ws }] of this.#serving) {
      if (from !== worker) continue
      this.#serving.delete(key)
      call?.abort()
      ws?.closed(1006)
    }
  }

  #ask(asking: Asking): number {
    const id = this.#nextId++
    this.#asking.set(id, asking)
    return id
  }

  #giveUp(id: number): void {
    const asking = this.#asking.get(id)
    if (!asking) return
    this.#asking.delete(id)
    this.#tell(asking.to, { kind: 'gone', id })
  }

  #serve(from: number, message: Extract<RelayMessage, { readonly kind: 'request' | 'upgrade' }>): void {
    const { id, head } = message
    const key = keyOf(from, id)
    const serving: Serving = { from, call: undefined, ws: undefined }
    this.#serving.set(key, serving)
    const settle = (outcome: EngineOutcome): void => {
      if (!this.#serving.has(key)) return
      if (outcome.kind === 'answer') {
        this.#serving.delete(key)
        this.#tell(from, { kind: 'answer', id, answer: outcome.answer })
      } else serving.ws = this.#engine.open(outcome.data, this.#wireTo(from, id))
    }
    serving.call =
      message.kind === 'request'
        ? this.#engine.request(head, message.body, undefined, settle)
        : this.#engine.upgrade(head, undefined, settle)
  }

  #wireTo(from: number, id: number): Wire {
    const key = keyOf(from, id)
    return {
      send: (data, isBinary) => {
        const bytes = typeof data === 'string' ? Buffer.from(data) : data
        this.#tell(from, { kind: 'frame', id, isToClient: true, data: bytes, isBinary })
      },
      end: () => {
        const serving = this.#serving.get(key)
        if (!serving) return
        this.#serving.delete(key)
        this.#tell(from, { kind: 'end', id })
        serving.ws?.closed(1000)
      },
      bufferedBytes: () => 0,
    }
  }

  #tell(to: number, message: RelayMessage): void {
    this.#link.tell('relay', { to, message })
  }
}

function keyOf(from: number, id: number): string {
  return `${from}:${id}`
}
