import { PATIENCE_MS } from './patience.ts'
import { io, type ManagerOptions, type Socket, type SocketOptions } from 'socket.io-client'
import type { Reply } from './client.ts'
import type { Owner, TestServer } from './server.ts'
import { until } from './until.ts'

export interface IoOptions extends Partial<ManagerOptions & SocketOptions> {
  /** The user of `auth.token`. If it is absent, the client is a guest. */
  readonly user?: string
  /** The address of a proxy, for example. By default the server's. */
  readonly url?: string
}

/** What a Socket.IO client was told, and the event's name. */
export interface Heard {
  readonly name: string
  readonly event: Readonly<Record<string, unknown>> & { readonly payload?: Readonly<Record<string, unknown>> }
  readonly cursor: unknown
}

/** An unmodified socket.io-client, and everything that it hears. */
export class IoClient {
  readonly socket: Socket
  readonly heard: Heard[] = []
  readonly disconnects: string[] = []
  readonly errors: (Error & { readonly data?: { readonly code: string } })[] = []

  constructor(server: TestServer, { user, url = server.url, auth, ...options }: IoOptions) {
    this.socket = io(url, {
      path: `/core/game/v1/real-time/${user === undefined ? 'public' : 'private'}`,
      auth: auth ?? (user === undefined ? {} : { token: server.mint(user) }),
      forceNew: true,
      reconnectionDelay: 50,
      reconnectionDelayMax: 200,
      ...options,
    })
    this.socket.onAny((name: string, event: Heard['event'], cursor: unknown) =>
      this.heard.push({ name, event, cursor }),
    )
    this.socket.on('disconnect', (reason) => this.disconnects.push(reason))
    this.socket.on('connect_error', (error) => this.errors.push(error))
  }

  get transport(): string {
    return this.socket.io.engine.transport.name
  }

  /** The events of this type, in the order in which they came. */
  events(name: string): Heard['event'][] {
    return this.heard.filter((one) => one.name === name).map(({ event }) => event)
  }

  request(name: string, payload: unknown): Promise<Reply> {
    return this.socket.timeout(PATIENCE_MS).emitWithAck(name, payload) as Promise<Reply>
  }

  connected(): Promise<true> {
    const isReady = () => this.socket.connected && this.events('core.game.session.ready').length > 0
    return until(isReady, () => `a session: ${this.errors.join()}`)
  }
}

/** Resolves when the client is connected and ready. */
export async function openIo(owner: Owner, server: TestServer, options: IoOptions = {}): Promise<IoClient> {
  const client = new IoClient(server, options)
  owner.teardown(() => void client.socket.disconnect())
  await client.connected()
  return client
}
