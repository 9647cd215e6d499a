import t from 'tap'
import { openClient, type TestClient } from '../helpers/client.ts'
import { startServer, type TestServer } from '../helpers/server.ts'

const MESSAGE = 'core.game.state.send_message'

interface ConnectionList {
  readonly items: readonly { readonly connection_id: string; readonly worker: number }[]
}

async function workerOf(server: TestServer, client: TestClient): Promise<number | undefined> {
  const { items } = (await server.admin('GET', '/api/v1/connections?limit=1000')) as ConnectionList
  return items.find(({ connection_id }) => connection_id === client.ready['connection_id'])?.worker
}

/** Three connections of a user, not all on one worker: the kernel chooses, so the last is opened until it is elsewhere. */
async function openOnTwoWorkers(server: TestServer, user: string): Promise<TestClient[]> {
  const token = server.mint(user)
  const clients = [await openClient(server, { token }), await openClient(server, { token, encoding: 'msgpack' })]
  const first = await workerOf(server, clients[0] as TestClient)
  for (let attempt = 0; attempt < 50; attempt++) {
    const client = await openClient(server, { token })
    const isSpread =
      (await workerOf(server, client)) !== first || (await workerOf(server, clients[1] as TestClient)) !== first
    if (isSpread) return [...clients, client]
    await client.close()
  }
  throw new Error('all connections are on one worker')
}

t.test('a direct message reaches all connections of its user on two workers, and nobody else', async (t) => {
  const server = await startServer(t)
  const bobs = await openOnTwoWorkers(server, 'bob')
  const alice = await openClient(server, { token: server.mint('alice') })
  const carol = await openClient(server, { token: server.mint('carol') })
  const guest = await openClient(server)
  const all = [...bobs, alice, carol, guest]
  t.teardown(() => all.forEach((client) => client.terminate()))

  const reply = await alice.request(MESSAGE, { target_user_id: 'bob', data: { hello: ['b', 0, 'b'] } })
  t.match(reply, { success: true, data: { delivered: 3 } })
  for (const bob of bobs) {
    const event = await bob.next(({ eventType }) => eventType === MESSAGE)
    t.match(event, { userId: 'alice', payload: { target_user_id: 'bob', data: { hello: ['b', 0, 'b'] } } })
    t.equal(event['offset'], reply.data?.['offset'])
  }
  // Whatever was on its way to the others has come once a later message of theirs is there.
  for (const other of [alice, carol, guest]) {
    await alice.request(MESSAGE, { target_user_id: other.userId, text: 'last' })
    await other.next(({ payload }) => payload?.['text'] === 'last')
    t.strictSame(
      other.events.map(({ payload }) => payload?.['text']),
      ['last'],
    )
  }
  t.strictSame(
    bobs.map((bob) => bob.events.length),
    [1, 1, 1],
  )
})

t.test('a message to a user who is not there is refused, and a guest may be written to', async (t) => {
  const server = await startServer(t)
  const guest = await openClient(server)
  const alice = await openClient(server, { token: server.mint('alice') })
  t.teardown(() => [guest, alice].forEach((client) => client.terminate()))
  t.match(await alice.request(MESSAGE, { target_user_id: 'nobody', text: 'x' }), {
    success: false,
    error: { code: 'USER_OFFLINE', retryable: true },
  })
  t.match(await alice.request(MESSAGE, { target_user_id: guest.userId, text: 'welcome' }), { data: { delivered: 1 } })
  t.match(await guest.next(({ eventType }) => eventType === MESSAGE), { userId: 'alice', payload: { text: 'welcome' } })
})
