import { HttpRequests, type HttpRequestsOptions } from './http-requests.ts'
import { Listening } from './listening.ts'
import { readHead } from './uws-http.ts'
import { App } from './uws.ts'

/** A port for HTTP only: no sockets. */
export function createHttpServer(options: HttpRequestsOptions): Listening {
  const requests = new HttpRequests(options)
  const app = App()
  options.connections.watch(app)
  app.any('/*', (response, request) => {
    const head = readHead(response, request)
    if (!requests.isOverRate(response, head)) requests.serve(response, head)
  })
  return new Listening(app)
}
