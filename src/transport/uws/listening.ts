import { us_listen_socket_close, us_socket_local_port, type TemplatedApp } from './uws.ts'

/** The port that an app listens on. */
export class Listening {
  readonly #app: TemplatedApp
  #stop = () => {}

  constructor(app: TemplatedApp) {
    this.#app = app
  }

  /** Resolves to the port, on which other processes may listen, too. Rejects if it cannot listen. */
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

  /** Accepts no more connections. Existing ones stay. */
  stop(): void {
    this.#stop()
    this.#stop = () => {}
  }
}
