/** Socket.IO, protocol version 5, case by case as its specification has them, over a WebSocket of Engine.IO. */
import { once } from 'node:events'
import t, { type Test } from 'tap'
import WebSocket from 'ws'
import { startServer } from '../../helpers/server.ts'

const server = await startServer(t, { WORKERS: '1' })
const url = `${server.url.replace('http', 'ws')}/core/game/v1/real-time`

class Raw {
  readonly socket: WebSocket
  readonly #got: string[] = []
  #wake = () => {}

  constructor(namespace: string) {
    this.socket = new WebSocket(`${url}/${namespace}/?EIO=4&transport=websocket`)
    this.socket.on('message', (data: Buffer, isBinary) => {
      this.#got.push(isBinary ? '<bytes>' : data.toString())
      this.#wake()
    })
    this.socket.on('close', () => this.#wake())
  }

  /** The next packet that begins so; '' when it was closed before. */
  next(start: string): Promise<string> {
    return this.nextOf(start)
  }

  async nextOf(...starts: readonly string[]): Promise<string> {
    for (;;) {
      const packet = this.#got.shift()
      if (packet !== undefined && starts.some((start) => packet.startsWith(start))) return packet
      if (packet !== undefined) continue
      if (this.socket.readyState === WebSocket.CLOSED) return ''
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }
}

async function open(t: Test, namespace = 'public'): Promise<Raw> {
  const raw = new Raw(namespace)
  t.teardown(() => raw.socket.terminate())
  await once(raw.socket, 'open')
  await raw.next('0')
  return raw
}

async function connect(t: Test): Promise<Raw> {
  const raw = await open(t)
  raw.socket.send('40')
  await raw.next('40')
  return raw
}

t.test('connect', async (t) => {
  const main = await open(t)
  main.socket.send('40')
  t.match(JSON.parse((await main.next('40')).slice(2)), { sid: /^[\w-]{20}$/, pid: String })
  const player = await open(t, 'private')
  player.socket.send(`40${JSON.stringify({ token: server.mint('alice') })}`)
  t.match(await player.next('42'), /^42\["core.game.session.ready",.*"user_id":"alice"/)

  const nobody = await open(t, 'private')
  nobody.socket.send('40')
  t.match(JSON.parse((await nobody.next('44')).slice(2)), { message: String, data: { code: 'AUTH_REQUIRED' } })
  const elsewhere = await open(t)
  elsewhere.socket.send('40/random')
  t.equal(await elsewhere.next('44'), '44/random,{"message":"Invalid namespace"}')
  const silent = await open(t)
  t.equal(await silent.next('4'), '', 'who does not connect is closed after a while')
})

t.test('disconnect', async (t) => {
  const raw = await connect(t)
  raw.socket.send('41')
  raw.socket.send('42["core.game.session.ping",{}]')
  t.equal(await raw.next('4x'), '', 'a packet of no namespace ends it')
  const early = await open(t)
  early.socket.send('42["core.game.session.ping",{}]')
  t.equal(await early.next('4'), '')
})

t.test('events and acknowledgements', async (t) => {
  const raw = await connect(t)
  raw.socket.send('42456["core.game.session.ping",{}]')
  t.match(await raw.next('43'), /^43456\[{"eventType":"core.game.reply","replyTo":"1","success":true/)
  raw.socket.send('420["core.game.state.broadcast",{"message":{"x":"\u{1F600}"}}]')
  t.match(
    await raw.next('42'),
    /^42\["core.game.state.broadcast",{"offset":\d+,.*"message":{"x":".."}}},"[\w-]+:\d+"\]$/,
  )
  raw.socket.send('42["core.game.state.broadcast"]')
  t.match(await raw.next('42["error"'), /payload.message/)
})

t.test('bytes are taken by the parser, and refused by the server', async (t) => {
  const raw = await connect(t)
  raw.socket.send('451-789["core.game.state.broadcast",{"message":{"_placeholder":true,"num":0}}]')
  raw.socket.send(Buffer.from([1, 2, 3]))
  t.match(await raw.next('43789'), /"code":"BAD_REQUEST"/)
  raw.socket.send('42790["core.game.session.ping",{}]')
  t.match(await raw.next('43790'), /"success":true/)
})

t.test('each refused value is acknowledged at once with its place, and none of them ends the connection', async (t) => {
  const raw = await connect(t)
  const event = 'core.game.state.broadcast'
  const bytes = '{"_placeholder":true,"num":0}'
  const refused: readonly [string, string][] = [
    [`["${event}",{"message":{"x":1e400}}]`, 'payload.message.x'],
    [`["${event}",{"message":{"x":[-1e400]}}]`, 'payload.message.x[0]'],
    [`["${event}",{"message":{"__proto__":1}}]`, 'payload.message.__proto__'],
    [`["${event}",{"message":${'['.repeat(31)}${']'.repeat(31)}}]`, `payload.message${'[0]'.repeat(30)}`],
    [`["${event}",{"message":1},"more"]`, 'payload'],
    [`["${event}",7]`, 'payload'],
    [`["${event}",{"message":{"x":${bytes}}}]`, 'payload.message.x'],
    [`["${event}",${bytes}]`, 'payload'],
  ]
  let id = 100
  for (const [packet, path] of refused) {
    for (let i = 0; i < 3; i++) {
      id += 1
      const binary = packet.includes(bytes)
      raw.socket.send(binary ? `451-${id}${packet}` : `42${id}${packet}`)
      if (binary) raw.socket.send(Buffer.from([1, 2, 3]))
      const [{ error }] = JSON.parse((await raw.next(`43${id}`)).slice(5)) as [{ error: object }]
      t.match(error, { code: 'BAD_REQUEST', details: { path } }, packet.slice(0, 80))
    }
  }
  raw.socket.send('42999["core.game.state.broadcast",{"message":{"constructor":"Ferrari"}}]')
  t.match(await raw.next('43999'), /"success":true/)
})

t.test('what is no packet ends the connection', async (t) => {
  for (const packet of [
    '4abc',
    '42{}',
    '42abc["core.game.session.ping",{}]',
    '42[]',
    '451-["x",{"_placeholder":true,"num":7}]',
  ]) {
    const raw = await connect(t)
    raw.socket.send(packet)
    if (packet.startsWith('45')) raw.socket.send(Buffer.from([1]))
    t.equal(await raw.next('4x'), '', packet)
  }
})

t.test('what is too deep, too long, or of forbidden names is refused, and the server stays', async (t) => {
  const raw = await connect(t)
  const deep = `${'['.repeat(30_000)}${']'.repeat(30_000)}`
  const refused: readonly [string, RegExp][] = [
    [`["core.game.state.broadcast",{"message":${deep}}]`, /PAYLOAD_TOO_LARGE|BAD_REQUEST/],
    ['["core.game.state.broadcast",{"message":{"__proto__":{"x":1}}}]', /BAD_REQUEST/],
    ['["core.game.state.broadcast",{"message":1,"room":7}]', /BAD_REQUEST/],
    [`["${'x'.repeat(200)}",{}]`, /UNKNOWN_EVENT|BAD_REQUEST/],
    ['["core.game.state.broadcast",null]', /BAD_REQUEST/],
    ['["core.game.state.broadcast",[1]]', /BAD_REQUEST/],
    ['["core.game.state.broadcast","text"]', /BAD_REQUEST/],
  ]
  for (const [i, [packet, error]] of refused.entries()) {
    const one = await connect(t)
    one.socket.send(`42${i}${packet}`)
    t.match(await one.nextOf(`43${i}`, '42["error"'), error, packet.slice(0, 60))
  }
  raw.socket.send('429["core.game.session.ping",{}]')
  t.match(await raw.next('439'), /"success":true/, 'another connection goes on')
  t.notOk(server.logs().some((line) => line['msg'] === 'worker died; starting another'))
})

t.test('names that Socket.IO keeps for itself cannot be sent', async (t) => {
  const raw = await connect(t)
  raw.socket.send('42["disconnect","transport close"]')
  t.equal(await raw.next('4x'), '')
  t.match(await (await fetch(`${server.url}/health`)).json(), {})
})
