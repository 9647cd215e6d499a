/** Socket.IO clients that cannot be served, or not in all they want: they show why, and the log says it once. */
import { once } from 'node:events'
import { Packr, Unpackr } from 'msgpackr'
import { io } from 'socket.io-client'
import t from 'tap'
import WebSocket from 'ws'
import { startServer } from '../../helpers/server.ts'
import { IoClient, openIo } from '../../helpers/socket-io.ts'
import { until } from '../../helpers/until.ts'

const PATH = '/core/game/v1/real-time/public'
const BROADCAST = 'core.game.state.broadcast'
const server = await startServer(t, { WORKERS: '2' })

const warnings = (about: string) => server.logs().filter(({ msg }) => String(msg).includes(about))

t.test('clients of Engine.IO 2 and 3 get the reason as an error of Socket.IO, and a disconnect', async (t) => {
  const why = JSON.stringify('Engine.IO 4 is spoken here: socket.io-client 3 or 4')
  for (const version of ['2', '3']) {
    for (const path of [PATH, `${PATH}/`]) {
      const answer = await fetch(`${server.url}${path}?EIO=${version}&transport=polling`)
      t.equal(answer.status, 200)
      const body = await answer.text()
      // Each packet behind its length, as these versions have it.
      const packets: string[] = []
      for (let rest = body; rest !== '';) {
        const [head = '', length = ''] = /^(\d+):/.exec(rest) ?? []
        packets.push(rest.slice(head.length, head.length + Number(length)))
        rest = rest.slice(head.length + Number(length))
      }
      t.match(JSON.parse(packets[0]?.slice(1) ?? ''), { sid: String, pingInterval: Number, pingTimeout: Number })
      t.strictSame(packets.slice(1), [`44${why}`, '41', '1'])

      const socket = new WebSocket(`${server.url.replace('http', 'ws')}${path}?EIO=${version}&transport=websocket`)
      const frames: string[] = []
      socket.on('message', (data: Buffer) => frames.push(data.toString()))
      await once(socket, 'close')
      t.strictSame(frames.slice(1), [`44${why}`, '41', '1'])
      t.match(frames[0], /^0\{"sid":/)
    }
  }
  const foreign = { headers: { origin: 'https://evil.example' } }
  t.equal((await fetch(`${server.url}${PATH}/?EIO=3&transport=polling`, foreign)).status, 403)
  t.ok(await until(() => warnings('older Socket.IO').length > 0))
  t.match(warnings('older Socket.IO'), [{ level: 40, part: 'socket-io', address: '127.0.0.1' }], 'logged once')
})

t.test('what is no version of Engine.IO is refused in HTTP', async (t) => {
  for (const query of ['EIO=5&transport=polling', 'EIO=abc&transport=polling', 'EIO=&transport=polling']) {
    const answer = await fetch(`${server.url}${PATH}/?${query}`)
    t.equal(answer.status, 400, query)
    t.match(await answer.json(), { code: 5, message: /socket.io-client 3 or 4/, error: { code: 'BAD_REQUEST' } })
  }
})

/** A parser for socket.io-client, as `socket.io-msgpack-parser` is one: each packet is one message of msgpack. */
const packr = new Packr({ useRecords: false })
const unpackr = new Unpackr({ useRecords: false })

class Encoder {
  encode(packet: object): unknown[] {
    return [packr.pack(packet)]
  }
}

class Decoder {
  #take: (packet: unknown) => void = () => {}

  on(_name: string, take: (packet: unknown) => void): this {
    this.#take = take
    return this
  }

  off(): this {
    return this
  }

  add(bytes: Uint8Array): void {
    this.#take(unpackr.unpack(new Uint8Array(bytes)))
  }

  destroy(): void {}
}

t.test('a client with the msgpack parser shows a connect_error, and stays away', async (t) => {
  for (const transports of [['websocket'], ['polling'], ['polling', 'websocket']]) {
    const errors: (Error & { data?: unknown })[] = []
    const socket = io(server.url, {
      path: PATH,
      transports,
      forceNew: true,
      reconnectionDelay: 50,
      parser: { Encoder, Decoder, protocol: 5 },
    })
    t.teardown(() => void socket.disconnect())
    socket.on('connect_error', (error) => errors.push(error))
    t.ok(await until(() => errors.length > 0))
    t.match(errors, [{ message: /msgpack parser/, data: { code: 'BAD_REQUEST' } }], transports.join())
    t.notOk(socket.active, 'it does not come back by itself')
  }
  t.match(warnings('msgpack parser'), [{ level: 40, part: 'socket-io', address: '127.0.0.1' }], 'logged once')
})

t.test('one with another parser is cut off, and the log says so once', async (t) => {
  for (let i = 0; i < 2; i++) {
    const socket = new WebSocket(`${server.url.replace('http', 'ws')}${PATH}/?EIO=4&transport=websocket`)
    await once(socket, 'message')
    socket.send('4{"type":0,"nsp":"/"}')
    await once(socket, 'close')
  }
  t.ok(await until(() => warnings('closed at its first packet').length > 0))
  t.equal(warnings('closed at its first packet').length, 1)
})

t.test('what no frame can say is refused with the place of it, once, and is no reason to close', async (t) => {
  const client = await openIo(t, server, { user: 'alice' })
  const cases: readonly (readonly [args: readonly unknown[], path: string, message: RegExp])[] = [
    [[{ message: Buffer.from('x') }], 'payload.message', /is bytes, which JSON has no value for/],
    [[{ message: [1, { deep: new Uint8Array([1]) }] }], 'payload.message[1].deep', /is bytes/],
    [[Buffer.from('x')], 'payload', /is bytes/],
    [[{ room: Buffer.from('x'), message: 1 }], 'payload.room', /is bytes/],
    [[{ message: 1 }, 'more'], 'payload', /must be the only argument/],
  ]
  // More than so many frames that are no requests would close it.
  for (let i = 0; i < 3; i++) {
    for (const [args, path, message] of cases) {
      let acknowledged = 0
      const reply = await new Promise((resolve) => {
        client.socket.emit(BROADCAST, ...args, (answer: unknown) => {
          acknowledged++
          resolve(answer)
        })
      })
      t.match(reply, { success: false, error: { code: 'BAD_REQUEST', message, details: { path } } })
      t.match(await client.request('core.game.session.ping', {}), { success: true })
      t.equal(acknowledged, 1)
    }
  }
  client.socket.emit(BROADCAST, { message: Buffer.from('x') })
  t.ok(await until(() => client.events('error').length > 0))
  t.match(
    client.events('error'),
    [{ code: 'BAD_REQUEST', details: { path: 'payload.message' } }],
    'without acknowledgement',
  )
  t.strictSame(client.disconnects, [])
})

t.test('events have one argument for clients that say that they do not recover, and for those of Python', async (t) => {
  const argumentsOf = async (options: ConstructorParameters<typeof IoClient>[1]) => {
    const client = new IoClient(server, { user: 'bob', ...options })
    t.teardown(() => void client.socket.disconnect())
    const counts = new Set<number>()
    client.socket.onAny((_name, ...args) => counts.add(args.length))
    await client.connected()
    await client.request(BROADCAST, { message: 1 })
    await until(() => client.events(BROADCAST).length > 0)
    return [...counts]
  }
  const auth = { token: server.mint('bob') }
  t.strictSame(await argumentsOf({}), [2], 'the default: the cursor is the second one')
  t.strictSame(await argumentsOf({ auth: { ...auth, recovery: true } }), [2])
  t.strictSame(await argumentsOf({ auth: { ...auth, recovery: false } }), [1])
  // As python-socketio says the time in its URLs.
  const python = { timestampRequests: false, query: { t: '1796000000.123456' }, transports: ['websocket'] }
  t.strictSame(await argumentsOf(python), [1])
  t.strictSame(await argumentsOf({ ...python, auth: { ...auth, recovery: true } }), [2], 'what is said wins')

  const wrong = new IoClient(server, { auth: { recovery: 'no' } })
  t.teardown(() => void wrong.socket.disconnect())
  t.ok(await until(() => wrong.errors.length > 0))
  t.match(wrong.errors[0]?.data, { code: 'BAD_REQUEST', details: { path: 'auth.recovery' } })
})
