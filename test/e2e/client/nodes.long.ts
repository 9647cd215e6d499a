/** The built client on the Nodes that it is said to run on, against a real server. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { buildClient, runNode } from '../../helpers/built-client.ts'
import { NODES, nodeOf } from '../../helpers/nodes.ts'
import { startServer } from '../../helpers/server.ts'

/** Plays for a while, loses its connection once, and writes what came of it. */
const PROGRAM = `
import WS from 'ws'
import { connect, EVENT, verifyReceipt } from './built/client/index.js'

const [url, token, encoding, kind] = process.argv.slice(2)
let socket
class Cuttable extends WS {
  constructor(...args) {
    super(...args)
    socket = this
  }
}
const WebSocket = kind === 'ws' ? { WebSocket: Cuttable } : {}
const game = await connect({ url, namespace: 'private', token: async () => token + '\\n', encoding, ...WebSocket })
const room = 'arena-' + game.session.user_id
await game.join(room)
const heard = []
game.on(EVENT.broadcast, ({ payload }) => heard.push(payload.message))
const said = async (message) => {
  const event = game.once(EVENT.broadcast)
  await game.broadcast(message, { room, retain: true })
  await event
}
await said({ n: 1, emoji: '👍' })
if (socket) {
  const lost = game.once('status')
  socket.terminate()
  await lost
}
await said({ n: 2 })
const receipt = await game.buyGood({ goodId: 'sword' })
const { public_key, jwk } = await (await fetch(url + '/api/v1/receipt-key')).json()
const verified = [await verifyReceipt(receipt, public_key), await verifyReceipt({ ...receipt, count: 2 }, jwk)]
const { code, details } = await game.broadcast({ x: [NaN] }).catch((error) => error)
const { state } = await game.getState(room)
game.close()
console.log(JSON.stringify({ heard, state, code, details, good: receipt.good_id, verified }))
`

const folder = t.testdir({ 'program.js': PROGRAM })
const [server] = await Promise.all([startServer(t), buildClient(join(folder, 'built'))])

for (const { version, kinds } of NODES) {
  const node = nodeOf(version)
  const skip = !existsSync(node) && `no Node ${version} here (ensure-installed.mjs says why)`

  for (const kind of kinds) {
    for (const encoding of ['json', 'msgpack']) {
      t.test(`the built client plays on Node ${version} (WebSocket: ${kind}, ${encoding})`, { skip }, async (t) => {
        const user = `player-${version.replaceAll('.', '-')}-${kind}-${encoding}`
        await server.admin('POST', `/api/v1/players/${user}/credit`, {
          currency: 'gold',
          amount: 1000,
          idempotency_key: `credit-of-${user}`,
        })
        const args = [join(folder, 'program.js'), server.url, server.mint(user), encoding, kind]
        t.strictSame(JSON.parse(await runNode(node, args)), {
          heard: [{ n: 1, emoji: '👍' }, { n: 2 }],
          state: { n: 2 },
          code: 'BAD_REQUEST',
          details: { path: 'payload.message.x[0]' },
          good: 'sword',
          verified: [true, false],
        })
      })
    }
  }

  if (kinds.includes('global')) continue
  t.test(`Node ${version} has no WebSocket, and the client says what to do`, { skip }, async (t) => {
    const args = [join(folder, 'program.js'), server.url, 'a.b.c', 'json', 'global']
    await t.rejects(runNode(node, args), { message: /no global WebSocket here.*package ws/ })
  })
}
