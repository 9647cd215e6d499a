import { us_listen_socket_close, us_socket_local_port, type TemplatedApp } from './uws.ts'

/** The port of an app. */
export class Listening {
  readonly #app: TemplatedApp
  #stop = () => {}

  constructor(app: TemplatedApp) {
    this.#app = app
  }

  /** Resolves with the port; other processes may listen on it, too. Rejects where it cannot be had. */
  start(host: string, port: number): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#app.listen(host, port, (listening) => {
        if (listening === false) {
          reject(new Error(`cannot listen on ${host}:${port}`))
          return
        }
        this.#stop = () => us_listen_socket_close(listening)
        resolve(us_socket_local_port(listening))
      })
    })
  }

  /** Takes no new connections; those that there are go on. */
  stop(): void {
    this.#stop()
    this.#stop = () => {}
  }
}
