import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { WebSocket, WebSocketServer } from 'ws'
import type { Owner } from '../../helpers/server.ts'

/** A proxy of frames in front of a real server, as a load balancer is: it can say more to a client than the server does. */
export class FrameProxy {
  readonly #server: WebSocketServer
  readonly #clients: WebSocket[] = []

  constructor(target: string) {
    this.#server = new WebSocketServer({
      port: 0,
      host: '127.0.0.1',
      handleProtocols: (offered) => [...offered][0] ?? false,
    })
    this.#server.on('connection', (client, { url = '', headers }) => {
      this.#clients.push(client)
      const protocols = (headers['sec-websocket-protocol'] ?? '').split(/, */)
      const upstream = new WebSocket(target.replace('http', 'ws') + url, protocols)
      const early: string[] = []
      client.on('message', (data: Buffer) => {
        if (upstream.readyState === WebSocket.OPEN) upstream.send(data.toString())
        else early.push(data.toString())
      })
      upstream.on('open', () => early.forEach((text) => upstream.send(text)))
      upstream.on('message', (data: Buffer) => client.send(data.toString()))
      upstream.on('close', () => client.terminate())
      upstream.on('error', () => client.terminate())
      client.on('close', () => upstream.close())
    })
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  /** How many connections there were. */
  get count(): number {
    return this.#clients.length
  }

  get openCount(): number {
    return this.#server.clients.size
  }

  /** To every client that is connected. */
  say(frame: object): void {
    for (const client of this.#server.clients) client.send(JSON.stringify(frame))
  }

  async close(): Promise<void> {
    for (const client of this.#clients) client.terminate()
    const closed = once(this.#server, 'close')
    this.#server.close()
    await closed
  }
}

export async function startFrameProxy(owner: Owner, target: string): Promise<FrameProxy> {
  const proxy = new FrameProxy(target)
  owner.teardown(() => proxy.close())
  return proxy
}
