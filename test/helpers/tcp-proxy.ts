import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import type { Owner } from './server.ts'

const HOST = '127.0.0.1'

export interface ProxiedConnection {
  /**
   * Ends the connection for the client now. With `afterForwarding` the bytes that the hook got still reach the server, which
   * keeps its side open and does not learn that its answer is lost. Otherwise both sides end, and the bytes are lost.
   */
  cut(afterForwarding: boolean): void
}

/** Starts a proxy with a port of its own. A test can cut, hold or refuse what goes through it to a port of 127.0.0.1. */
export async function startProxy(owner: Owner, targetPort: number): Promise<TcpProxy> {
  const proxy = new TcpProxy(targetPort)
  owner.teardown(() => proxy.close())
  await proxy.listen()
  return proxy
}

export class TcpProxy {
  /** Sees what a client sends before it is forwarded. */
  onClientBytes: ((chunk: Buffer, connection: ProxiedConnection) => void) | undefined
  /** Sees what the server sends before it is forwarded. After either kind of cut it is lost. */
  onServerBytes: ((chunk: Buffer, connection: ProxiedConnection) => void) | undefined
  readonly #targetPort: number
  readonly #server: Server
  readonly #connections = new Set<Connection>()
  #refuses = false
  #paused = false

  constructor(targetPort: number) {
    this.#targetPort = targetPort
    this.#server = createServer((client) => this.#accept(client))
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  get endpoint(): string {
    return `http://${HOST}:${this.port}`
  }

  get connectionCount(): number {
    return [...this.#connections].filter(({ hasClient }) => hasClient).length
  }

  async listen(): Promise<void> {
    this.#server.listen(0, HOST)
    await once(this.#server, 'listening')
  }

  /** Cuts all connections in both directions at once. What was under way is lost. */
  cutAll(): void {
    for (const connection of this.#connections) connection.destroy()
  }

  /** Holds all bytes in both directions, those of later connections, too. */
  pause(): void {
    this.#paused = true
    for (const connection of this.#connections) connection.flow()
  }

  resume(): void {
    this.#paused = false
    for (const connection of this.#connections) connection.flow()
  }

  /** Holds all bytes of the existing connections for good, and tells neither side. New connections are not affected. */
  freezeAll(): void {
    for (const connection of this.#connections) connection.freeze()
  }

  /** New connections are accepted and destroyed at once. Existing ones stay. */
  refuse(refuses: boolean): void {
    this.#refuses = refuses
  }

  async close(): Promise<void> {
    const closed = once(this.#server, 'close')
    this.#server.close()
    this.cutAll()
    await closed
  }

  #accept(client: Socket): void {
    if (this.#refuses) {
      client.destroy()
      return
    }
    const connection = new Connection(client, connect(this.#targetPort, HOST), {
      isPaused: () => this.#paused,
      onClientBytes: (chunk) => this.onClientBytes?.(chunk, connection),
      onServerBytes: (chunk) => this.onServerBytes?.(chunk, connection),
      onEnd: () => this.#connections.delete(connection),
    })
    this.#connections.add(connection)
    connection.flow()
  }
}

interface ConnectionHooks {
  readonly isPaused: () => boolean
  readonly onClientBytes: (chunk: Buffer) => void
  readonly onServerBytes: (chunk: Buffer) => void
  readonly onEnd: () => void
}

class Connection implements ProxiedConnection {
  readonly #client: Socket
  readonly #target: Socket
  readonly #hooks: ConnectionHooks
  #isCut = false
  #isFrozen = false

  constructor(client: Socket, target: Socket, hooks: ConnectionHooks) {
    this.#client = client
    this.#target = target
    this.#hooks = hooks
    client.setNoDelay().on('data', (chunk) => {
      hooks.onClientBytes(chunk)
      pass(chunk, client, target)
    })
    target.setNoDelay().on('data', (chunk) => {
      hooks.onServerBytes(chunk)
      pass(chunk, target, client)
    })
    for (const [socket, other] of [
      [client, target],
      [target, client],
    ] as const) {
      socket.on('drain', () => this.flow())
      socket.on('end', () => other.end())
      socket.on('error', () => this.destroy())
    }
    // After a cut the server's side stays open.
    client.on('close', () => this.#isCut || this.destroy())
    target.on('close', () => this.destroy())
  }

  get hasClient(): boolean {
    return !this.#client.destroyed
  }

  cut(afterForwarding: boolean): void {
    this.#isCut = afterForwarding
    this.#client.destroy()
    if (!afterForwarding) this.destroy()
  }

  destroy(): void {
    this.#client.destroy()
    this.#target.destroy()
    this.#hooks.onEnd()
  }

  freeze(): void {
    this.#isFrozen = true
    this.flow()
  }

  /** Reads from each side, unless all is held or the other side takes no more. */
  flow(): void {
    const { isPaused } = this.#hooks
    for (const [from, to] of [
      [this.#client, this.#target],
      [this.#target, this.#client],
    ] as const) {
      if (this.#isFrozen || isPaused() || (to.writableNeedDrain && !to.destroyed)) from.pause()
      else from.resume()
    }
  }
}

function pass(chunk: Buffer, from: Socket, to: Socket): void {
  // After a cut the bytes are dropped.
  if (to.destroyed || !to.writable) return
  if (!to.write(chunk)) from.pause()
}
