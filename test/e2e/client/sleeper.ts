/** A player in a process of its own, so that it can be stopped: `node sleeper.ts URL TOKEN ROOM`. Says what it sees, a line each. */
import { connect, EVENT } from '../../../src/client/index.ts'

const [url = '', token = '', room = ''] = process.argv.slice(2)
const say = (line: object) => process.stdout.write(`${JSON.stringify(line)}\n`)

const game = await connect({ url, namespace: 'private', token, reconnect: { baseMs: 50, maxMs: 200 } })
game.on(EVENT.broadcast, ({ payload }) => say({ heard: payload.message }))
game.on('status', (change) => say(change))
game.on('gap', (gap) => say({ gap }))
await game.join(room)
say({ status: 'joined' })
