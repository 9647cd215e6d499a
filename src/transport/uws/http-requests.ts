import { setImmediate as nextTurn } from 'node:timers/promises'
import type { HttpHandler, HttpRun } from '../../http/http.ts'
import type { RequestHead } from '../../door/request-head.ts'
import type { BodyLimits } from './body.ts'
import type { HttpConnections } from './http-connections.ts'
import { PendingResponse } from './uws-http.ts'
import type { UwsResponse } from './uws.ts'

export interface HttpRequestsOptions {
  readonly http: HttpHandler
  readonly connections: HttpConnections
  /** Their budget is shared by all requests that are not answered yet. */
  readonly bodies: BodyLimits
}

/** Serves HTTP requests of all ports that uWS listens on. */
export class HttpRequests {
  readonly #http: HttpHandler
  readonly #connections: HttpConnections
  readonly #bodies: BodyLimits

  constructor({ http, connections, bodies }: HttpRequestsOptions) {
    this.#http = http
    this.#connections = connections
    this.#bodies = bodies
  }

  /** Returns true if the rate is exceeded and the request was answered. */
  isOverRate(response: UwsResponse, head: RequestHead): boolean {
    const answer = this.#http.limit(head)
    if (answer) this.pending(response, head).answer(answer)
    return answer !== undefined
  }

  pending(response: UwsResponse, head: RequestHead): PendingResponse {
    return new PendingResponse(response, head, this.#connections)
  }

  /** Call this before the handler returns. */
  serve(response: UwsResponse, head: RequestHead): void {
    const pending = this.pending(response, head)
    const plan = this.#http.route(head)
    if (plan.kind === 'refuse') pending.answer(plan.answer)
    else if (plan.changes) void this.#change(pending, plan)
    else read(pending, plan)
  }

  /**
   * Runs only after the request is complete, and if no other request came in the same packet. So its answer can always be given.
   */
  async #change(pending: PendingResponse, plan: HttpRun): Promise<void> {
    const body = plan.wantsBody ? pending.readBody(this.#bodies) : nextTurn(NO_BODY)
    // If the body is bad, the route gets the error when it reads the body.
    await body.catch(() => {})
    if (pending.isGone) return
    pending.hold()
    pending.answer(await plan.run(() => body))
  }
}

const NO_BODY = new Uint8Array()

/** Answers at once if possible: uWS accepts pipelined requests only if each is answered before its handler returns. */
function read(pending: PendingResponse, plan: HttpRun): void {
  const answer = plan.run(() => Promise.resolve(NO_BODY))
  if (!(answer instanceof Promise)) {
    pending.answer(answer)
    return
  }
  pending.hold()
  void answer.then((given) => pending.answer(given))
}
