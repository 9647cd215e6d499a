/** A player in a process of its own, in Node or Bun: `node sleeper.ts URL TOKEN ROOM [ENCODING]`. Says what it sees, a line each. */
import { connect, EVENT } from '../../../src/client/index.ts'

const [url = '', token = '', room = '', encoding = 'json'] = process.argv.slice(2)
const say = (line: object) => process.stdout.write(`${JSON.stringify(line)}\n`)

if (encoding !== 'json' && encoding !== 'msgpack') throw new Error(`no encoding: ${encoding}`)
const game = await connect({ url, namespace: 'private', token, encoding, reconnect: { baseMs: 50, maxMs: 200 } })
game.on(EVENT.broadcast, ({ payload }) => say({ heard: payload.message }))
game.on('status', (change) => say(change))
game.on('gap', (gap) => say({ gap }))
await game.join(room)
say({ status: 'joined' })
