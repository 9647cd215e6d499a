import { GameClient, type ClientOptions, type StatusChange } from '../../src/client/index.ts'
import type { ReadyPayload } from '../../src/protocol/shapes/events.ts'
import { ScriptedServer, type Peer } from './scripted-server.ts'

interface Owner {
  teardown(callback: () => void | Promise<void>): void
}

export interface Setup {
  readonly server: ScriptedServer
  readonly client: GameClient
  readonly statuses: StatusChange[]
}

/** A client that comes back at once, and the server it will talk to; both end with the test. */
export async function setUp(owner: Owner, options: Partial<ClientOptions> = {}): Promise<Setup> {
  const server = await ScriptedServer.start(owner)
  const client = new GameClient({
    url: server.url,
    namespace: 'public',
    reconnect: { baseMs: 5, maxMs: 20 },
    ...options,
  })
  owner.teardown(() => client.close())
  const statuses: StatusChange[] = []
  client.on('status', (change) => statuses.push(change))
  return { server, client, statuses }
}

/** The same, with the session there. */
export async function connected(
  owner: Owner,
  options: Partial<ClientOptions> = {},
  ready: Partial<ReadyPayload> = {},
): Promise<Setup & { peer: Peer }> {
  const setup = await setUp(owner, options)
  const connecting = setup.client.connect()
  const peer = await setup.server.accept()
  peer.ready(ready)
  await connecting
  return { ...setup, peer }
}

/** Joins, with the peer playing along. */
export async function joined(client: GameClient, peer: Peer, room: string, offset: number): Promise<void> {
  const joining = client.join(room)
  peer.reply(await peer.receive(), { room_id: room, members: 1, state: null, offset })
  await joining
}

/** For what comes by itself, sooner or later. The test's own timeout bounds it. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 2))
}
