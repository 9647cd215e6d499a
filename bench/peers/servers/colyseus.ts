import { matchMaker, Room, Server, type Client } from '@colyseus/core'
import { WebSocketTransport } from '@colyseus/ws-transport'
import { announce } from './announce.ts'

class Arena extends Room {
  override onCreate(): void {
    this.maxClients = 1_000_000
    this.autoDispose = false
    // The bench sends only messages, so no state has to be sent at intervals.
    this.setPatchRate(null)
    this.onMessage('broadcast', (_client: Client, message: unknown) => this.broadcast('broadcast', message))
  }
}

const transport = new WebSocketTransport({ maxPayload: 64 * 1024 })
const server = new Server({ transport, greet: false })
server.define('arena', Arena).filterBy(['number'])
await server.listen(0, '127.0.0.1')
await matchMaker.onReady
const address = transport.server?.address()
if (!address || typeof address === 'string') throw new Error('no port')
announce(address.port)
