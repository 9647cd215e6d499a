/** What a client does when it is told that its room is at another node. */
import t, { type Test } from 'tap'
import { GameClient } from '../../src/client/index.ts'
import { connected, until } from './setup.ts'
import { ScriptedServer, type Peer } from './scripted-server.ts'

const ROOM = { room_id: 'duel:1', members: 1, state: null, offset: 50 }

async function refused(t: Test) {
  const setup = await connected(t)
  const joining = setup.client.join('duel:1')
  return { ...setup, joining, request: await setup.peer.receive() }
}

t.test('it resumes at the other node, asks there, and lets the first connection go', async (t) => {
  const { client, peer, joining, request, statuses } = await refused(t)
  const other = await ScriptedServer.start(t)
  peer.refuse(request, 'MOVED', { url: other.url })
  const next = await other.accept()
  t.equal(next.query.get('resume'), 'resume-1')
  const pinging = client.ping()
  peer.reply(await peer.receive(), { server_time: 1 })
  t.equal(await pinging, 1, 'meanwhile the first node is asked')
  next.resumed({ node: 'n2' })
  next.reply(await next.receive(), ROOM)
  t.match(await joining, { room_id: 'duel:1' })
  t.match(await peer.closed, { code: 1000 })
  t.equal(client.session?.node, 'n2')
  t.match(
    statuses.map(({ status }) => status),
    ['connecting', 'ready', 'ready'],
  )
  next.cut()
  const again = await other.accept()
  t.equal(again.query.get('rooms'), 'duel:1', 'it comes back to the same node')
})

t.test('a node that cannot be reached: it goes on where it was, and gives up after three times', async (t) => {
  const { server, peer, joining, request } = await refused(t)
  const gone = await ScriptedServer.start(t)
  gone.refusal = { status: 503, code: 'DRAINING' }
  const failed = t.rejects(joining, { code: 'MOVED', details: { url: gone.url } })
  let asked: { peer: Peer; request: typeof request } = { peer, request }
  for (let i = 0; i < 4; i++) {
    asked.peer.refuse(asked.request, 'MOVED', { url: gone.url })
    if (i === 3) break
    const next = await server.accept()
    next.resumed()
    asked = { peer: next, request: await next.receive() }
    t.equal(asked.request.eventType, 'core.game.room.join')
  }
  await failed
  t.equal(gone.attempts, 3)
})

t.test("an error without an address is the caller's", async (t) => {
  const { peer, joining, request } = await refused(t)
  peer.refuse(request, 'MOVED', { node: 'n2' })
  await t.rejects(joining, { code: 'MOVED', details: { node: 'n2' } })
})

t.test('a client that speaks TLS goes to no address without it', async (t) => {
  const server = await ScriptedServer.start(t)
  const urls: string[] = []
  function Plain(url: string, protocols: string[]) {
    urls.push(url)
    return new WebSocket(url.replace('wss', 'ws'), protocols)
  }
  const client = new GameClient({
    url: server.url.replace('http', 'https'),
    namespace: 'public',
    WebSocket: Plain as unknown as typeof WebSocket,
  })
  t.teardown(() => client.close())
  const connecting = client.connect()
  const peer = await server.accept()
  peer.ready()
  await connecting
  const failed = t.rejects(client.join('duel:1'), { code: 'MOVED' })
  peer.refuse(await peer.receive(), 'MOVED', { url: 'http://127.0.0.1:1' })
  await failed
  const joining = client.join('duel:1')
  peer.refuse(await peer.receive(), 'MOVED', { url: server.url.replace('http', 'https') })
  const next = await server.accept()
  next.resumed()
  next.reply(await next.receive(), ROOM)
  await joining
  t.ok(
    urls.every((url) => url.startsWith('wss://')),
    urls.join(),
  )
  await until(() => client.status === 'ready')
})
