/** Engine.IO, version 4, case by case as its specification has them, over plain HTTP and WebSocket. */
import { once } from 'node:events'
import t, { type Test } from 'tap'
import WebSocket from 'ws'
import { startServer } from '../../helpers/server.ts'
import { until } from '../../helpers/until.ts'

const server = await startServer(t, { WORKERS: '1', SOCKET_READ_TIMEOUT: '8s' })
const path = '/core/game/v1/real-time/public/'
const http = (query: string) => `${server.url}${path}?${query}`
const ws = (query: string) => http(query).replace('http', 'ws')
/** What separates packets in the body of a poll. */
const SEPARATOR = '\u001E'

interface Opened {
  readonly sid: string
  readonly upgrades: readonly string[]
  readonly pingInterval: number
  readonly pingTimeout: number
  readonly maxPayload: number
}

async function openSession(): Promise<Opened> {
  const text = await (await fetch(http('EIO=4&transport=polling'))).text()
  return JSON.parse(text.slice(1)) as Opened
}

const poll = async (sid: string) => fetch(http(`EIO=4&transport=polling&sid=${sid}`))
const post = async (sid: string, body: string) =>
  fetch(http(`EIO=4&transport=polling&sid=${sid}`), { method: 'POST', body })

/** A WebSocket that keeps what comes, in order. */
class Raw {
  readonly socket: WebSocket
  readonly #got: string[] = []
  #wake = () => {}

  constructor(query: string) {
    this.socket = new WebSocket(ws(query))
    this.socket.on('message', (data: Buffer) => {
      this.#got.push(data.toString())
      this.#wake()
    })
    this.socket.on('error', () => {})
    this.socket.on('close', () => this.#wake())
  }

  /** The next one; '' when it was closed before. */
  async next(): Promise<string> {
    while (this.#got.length === 0) {
      if (this.socket.readyState === WebSocket.CLOSED) return ''
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
    return this.#got.shift() ?? ''
  }
}

async function openRaw(t: Test, query = 'EIO=4&transport=websocket'): Promise<Raw> {
  const raw = new Raw(query)
  t.teardown(() => raw.socket.terminate())
  await once(raw.socket, 'open')
  return raw
}

t.test('handshake by polling', async (t) => {
  const answer = await fetch(http('EIO=4&transport=polling'))
  t.equal(answer.status, 200)
  const text = await answer.text()
  t.equal(text[0], '0')
  t.match(JSON.parse(text.slice(1)), {
    sid: /^\d+\.[\w-]{22}\.[\w-]{22}$/,
    upgrades: ['websocket'],
    pingInterval: Number,
    pingTimeout: Number,
    maxPayload: Number,
  })
  for (const query of ['transport=polling', 'EIO=abc&transport=polling', 'EIO=4', 'EIO=4&transport=abc']) {
    t.equal((await fetch(http(query))).status, 400, query)
  }
  for (const method of ['POST', 'PUT', 'DELETE']) {
    t.equal((await fetch(http('EIO=4&transport=polling'), { method })).status, 400, method)
  }
  t.equal((await poll('1.AAAAAAAAAAAAAAAAAAAA')).status, 400, 'a session that nobody has')
  t.equal((await poll('99.AAAAAAAAAAAAAAAAAAAA')).status, 400, 'a worker that is not there')
  t.equal((await poll('nonsense')).status, 400)
})

t.test('handshake by WebSocket', async (t) => {
  const raw = await openRaw(t)
  const text = await raw.next()
  t.equal(text[0], '0')
  t.match(JSON.parse(text.slice(1)), { sid: String, upgrades: [], pingInterval: Number, maxPayload: Number })
  for (const query of ['transport=websocket', 'EIO=abc&transport=websocket', 'EIO=4', 'EIO=4&transport=abc']) {
    const refused = new WebSocket(ws(query))
    const [{ message }] = (await once(refused, 'error')) as [Error]
    t.match(message, /400/, query)
  }
})

t.test('packets by polling: one, several, and what is none', async (t) => {
  const { sid } = await openSession()
  const answer = await post(sid, '40')
  t.equal(answer.status, 200)
  t.equal(await answer.text(), 'ok')
  const packets = (await (await poll(sid)).text()).split(SEPARATOR)
  t.match(packets[0], /^40{"sid":"/)
  await post(sid, ['421["core.game.session.ping",{}]', '422["core.game.session.ping",{}]'].join(SEPARATOR))
  const got: string[] = packets.slice(1)
  while (!got.some((packet) => packet.startsWith('432[')))
    got.push(...(await (await poll(sid)).text()).split(SEPARATOR))
  t.ok(got.some((packet) => packet.startsWith('431[')))

  const bad = await openSession()
  await post(bad.sid, 'abc')
  t.equal((await poll(bad.sid)).status, 400, 'the session is closed')
})

t.test('two polls at once end the session, and so does a poll that is given up', async (t) => {
  const { sid } = await openSession()
  const both = await Promise.all([poll(sid), poll(sid)])
  t.ok(
    both.some(({ status }) => status === 500 || status === 400),
    both.map(({ status }) => status).join(),
  )
  t.equal((await poll(sid)).status, 400)

  const other = await openSession()
  // A poll that is given up before it has reached the server says nothing to it.
  const isClosed = async () => {
    const signal = AbortSignal.timeout(100)
    await fetch(http(`EIO=4&transport=polling&sid=${other.sid}`), { signal }).catch(() => {})
    return (await post(other.sid, '3')).status === 400
  }
  t.ok(await until(isClosed))
})

t.test('heartbeat: the server pings, who does not answer is closed', async (t) => {
  const answering = await openRaw(t)
  const silent = await openRaw(t)
  const { pingInterval, pingTimeout } = JSON.parse((await answering.next()).slice(1)) as Opened
  t.ok(pingInterval + pingTimeout <= 8_100, 'as SOCKET_READ_TIMEOUT says')
  await silent.next()
  // Without a CONNECT packet the session would end by itself.
  for (const raw of [answering, silent]) raw.socket.send('40')
  const polled = await openSession()
  await post(polled.sid, '40')
  const skip = async (raw: Raw) => {
    for (;;) {
      const packet = await raw.next()
      if (packet === '2' || packet === '') return packet
    }
  }
  t.equal(await skip(answering), '2')
  answering.socket.send('3')
  t.equal(await skip(silent), '2')
  t.equal(await skip(silent), '', 'closed')
  t.equal(answering.socket.readyState, WebSocket.OPEN)
  let last = 200
  for (let i = 0; i < 10 && last === 200; i++) last = (await poll(polled.sid)).status
  t.equal(last, 400, 'who polls and does not answer is gone, too')
})

t.test('a client that ends its session, by either transport', async (t) => {
  const { sid } = await openSession()
  const [waiting] = await Promise.all([poll(sid), post(sid, '1')])
  t.match(await waiting.text(), /^6/, 'the poll is answered')
  t.equal((await poll(sid)).status, 400)
  const raw = await openRaw(t)
  await raw.next()
  raw.socket.send('1')
  t.equal(await raw.next(), '', 'closed')
})

t.test('upgrade, after which the session has no polls and no second WebSocket', async (t) => {
  const { sid } = await openSession()
  const query = `EIO=4&transport=websocket&sid=${sid}`
  const raw = await openRaw(t, query)
  raw.socket.send('2probe')
  t.equal(await raw.next(), '3probe')
  t.match(await (await poll(sid)).text(), /^6/, 'a waiting poll is let go')
  raw.socket.send('5')
  raw.socket.send('40')
  t.match(await raw.next(), /^40{/)
  t.equal((await poll(sid)).status, 400)
  const [error] = (await once(new WebSocket(ws(query)), 'error')) as [Error]
  t.match(error.message, /400|hang up/)
  raw.socket.send('421["core.game.session.ping",{}]')
  let packet = await raw.next()
  while (!packet.startsWith('431[')) packet = await raw.next()
  t.match(packet, /server_time/)
})
