import type { HttpHandler } from '../../http/http.ts'
import type { RequestHead } from '../../session/request-head.ts'
import { BodyBudget, type BodyLimits } from './body.ts'
import { PendingResponse } from './uws-http.ts'
import type { UwsResponse } from './uws.ts'

export interface HttpRequestsOptions {
  readonly http: HttpHandler
  readonly bodyBytesMax: number
  /** Of all requests that are not answered yet. */
  readonly bodyBytesTotalMax: number
}

/** HTTP requests, as uWS gives them, on whatever port they came. */
export class HttpRequests {
  readonly #http: HttpHandler
  readonly #bodies: BodyLimits

  constructor({ http, bodyBytesMax, bodyBytesTotalMax }: HttpRequestsOptions) {
    this.#http = http
    this.#bodies = { bytesMax: bodyBytesMax, budget: new BodyBudget(bodyBytesTotalMax) }
  }

  /** true: it was answered. */
  isOverRate(response: UwsResponse, head: RequestHead): boolean {
    const answer = this.#http.limit(head)
    if (answer) new PendingResponse(response, head).answer(answer)
    return answer !== undefined
  }

  /** To be called before the handler returns. */
  serve(response: UwsResponse, head: RequestHead): void {
    const pending = new PendingResponse(response, head)
    const plan = this.#http.route(head)
    if (plan.kind === 'refuse') {
      pending.answer(plan.answer)
      return
    }
    const body = plan.wantsBody ? pending.readBody(this.#bodies) : Promise.resolve(new Uint8Array())
    // A body that nobody asks for may fail, too.
    body.catch(() => {})
    void plan.run(() => body).then((answer) => pending.answer(answer))
  }
}
