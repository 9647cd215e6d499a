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
  /** Their budget is that of all requests that are not answered yet. */
  readonly bodies: BodyLimits
}

/** HTTP requests, as uWS gives them, on whatever port they came. */
export class HttpRequests {
  readonly #http: HttpHandler
  readonly #connections: HttpConnections
  readonly #bodies: BodyLimits

  constructor({ http, connections, bodies }: HttpRequestsOptions) {
    this.#http = http
    this.#connections = connections
    this.#bodies = bodies
  }

  /** true: it was answered. */
  isOverRate(response: UwsResponse, head: RequestHead): boolean {
    const answer = this.#http.limit(head)
    if (answer) this.pending(response, head).answer(answer)
    return answer !== undefined
  }

  pending(response: UwsResponse, head: RequestHead): PendingResponse {
    return new PendingResponse(response, head, this.#connections)
  }

  /** To be called before the handler returns. */
  serve(response: UwsResponse, head: RequestHead): void {
    const pending = this.pending(response, head)
    const plan = this.#http.route(head)
    if (plan.kind === 'refuse') pending.answer(plan.answer)
    else if (plan.changes) void this.#change(pending, plan)
    else read(pending, plan)
  }

  /** Begins when the request has come to its end and nothing came with it: what is begun can be answered. */
  async #change(pending: PendingResponse, plan: HttpRun): Promise<void> {
    const body = plan.wantsBody ? pending.readBody(this.#bodies) : nextTurn(NO_BODY)
    // What is wrong with it the route says, when it asks for it.
    await body.catch(() => {})
    if (pending.isGone) return
    pending.hold()
    pending.answer(await plan.run(() => body))
  }
}

const NO_BODY = new Uint8Array()

/** At once if it can be: uWS takes requests that were sent together only as long as each is answered before its handler returns. */
function read(pending: PendingResponse, plan: HttpRun): void {
  const answer = plan.run(() => Promise.resolve(NO_BODY))
  if (!(answer instanceof Promise)) {
    pending.answer(answer)
    return
  }
  pending.hold()
  void answer.then((given) => pending.answer(given))
}
