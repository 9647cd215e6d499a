import { spawn } from 'node:child_process'
import { once } from 'node:events'
import t from 'tap'
import { PATIENCE_MS } from '../helpers/patience.ts'
import { ScriptedServer } from './scripted-server.ts'

const SDK = new URL('../../src/client/index.ts', import.meta.url).href

// The server's process stays: what ends is the client's own, which must hold nothing open.
t.test('a process that closed its client ends by itself', async (t) => {
  const server = await ScriptedServer.start(t)
  const child = program(`
    const client = await connect({ url: '${server.url}', namespace: 'public', requestTimeoutMs: 60_000 })
    await client.ping()
    client.ping().catch(() => {})
    client.buyGood({ goodId: 'sword' }).catch(() => {})
    client.close()`)
  const peer = await server.accept()
  peer.ready()
  peer.reply(await peer.receive(), { server_time: 1 })
  t.same(await once(child, 'exit'), [0, null])
})

t.test('a process that closed its client in the middle of reconnecting ends by itself', async (t) => {
  const server = await ScriptedServer.start(t)
  const child = program(`
    const client = await connect({ url: '${server.url}', namespace: 'public', reconnect: { baseMs: 1e9, maxMs: 1e9 } })
    client.on('status', ({ status }) => status === 'reconnecting' && client.close())`)
  const peer = await server.accept()
  peer.ready()
  peer.cut()
  t.same(await once(child, 'exit'), [0, null])
})

function program(body: string) {
  const source = `import { connect } from '${SDK}'\n${body}`
  return spawn(process.execPath, ['--input-type=module', '-e', source], { stdio: 'inherit', timeout: PATIENCE_MS })
}
