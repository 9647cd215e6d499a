import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import t from 'tap'
import type * as Client from '../../src/client/index.ts'
import { startServer } from '../helpers/server.ts'

const ROOT = join(import.meta.dirname, '../..')

/** The client as users get it: built to JavaScript. */
async function buildClient(outDir: string): Promise<typeof Client> {
  // In a shell, as tap puts its own loaders into the environment of every Node that a test starts.
  const build = 'unset NODE_OPTIONS; exec node_modules/.bin/tsc -p tsconfig.client.json --outDir "$0"'
  const { status, stdout } = spawnSync('sh', ['-c', build, outDir], { cwd: ROOT })
  if (status !== 0) throw new Error(`the client does not build:\n${stdout.toString()}`)
  return (await import(pathToFileURL(join(outDir, 'client/index.js')).href)) as typeof Client
}

t.test('the built client does all that players do, in both encodings', async (t) => {
  // Inside the repository, as msgpackr is found from there.
  const { connect, EVENT, DrumbeatError, verifyReceipt } = await buildClient(t.testdir())
  const server = await startServer(t)
  await server.admin('POST', '/api/v1/players/alice/credit', {
    currency: 'gold',
    amount: 1000,
    idempotency_key: 'credit-of-the-sdk-test',
  })
  for (const encoding of ['json', 'msgpack'] as const) {
    const alice = await connect({ url: server.url, namespace: 'private', encoding, token: () => server.mint('alice') })
    const guest = await connect({ url: server.url, namespace: 'public', encoding })
    t.teardown(() => [alice, guest].forEach((client) => client.close()))
    const room = `room-of-${encoding}`
    const heard = new Promise((resolve) => {
      alice.on(EVENT.broadcast, ({ offset, payload, room }) => resolve([offset, room, payload.message]))
    })
    const written = new Promise((resolve) => guest.on(EVENT.sendMessage, ({ payload }) => resolve(payload)))
    const bought = new Promise((resolve) => alice.on(EVENT.buyGood, ({ payload }) => resolve(payload)))

    t.match(await alice.join(room), { room_id: room, members: 1, state: null })
    const { offset } = await alice.broadcast({ x: 3 }, { room, retain: true })
    t.match(await alice.getState(room), { state: { x: 3 } })
    t.match(await alice.listPresence(), { users: [{ user_id: 'alice', connections: 1 }], total: 1 })
    t.match(await alice.sendMessage(String(guest.session?.user_id), 'hello'), { delivered: 1 })
    t.match(await written, { text: 'hello' })
    t.strictSame(await heard, [offset, room, { x: 3 }])

    const receipt = await alice.buyGood({ goodId: 'potion', count: 2 })
    t.match(receipt, { user_id: 'alice', count: 2, replayed: false })
    t.strictSame(await bought, receipt, 'the event carries the receipt')
    const { public_key } = (await server.admin('GET', '/api/v1/receipt-key')) as { public_key: string }
    t.ok(await verifyReceipt(receipt, public_key))
    await t.rejects(alice.buyGood({ goodId: 'no-such-good' }), { code: 'GOOD_NOT_FOUND' })
    await t.rejects(guest.buyGood({ goodId: 'potion' }), { code: 'AUTH_REQUIRED' })
    const refusal: unknown = await guest.join('a-room-that-is-not-there').catch((error: unknown) => error)
    t.ok(refusal instanceof DrumbeatError)

    await alice.refresh(server.mint('alice'))
    const beforeMs = Date.now()
    const serverMs = await alice.ping()
    t.ok(serverMs >= beforeMs && serverMs <= Date.now(), 'the time of the server')
    await alice.leave(room)
    await t.rejects(alice.broadcast('x', { room }), { code: 'NOT_IN_ROOM' })
    alice.close()
    guest.close()
  }
})
