import { isDeepStrictEqual } from 'node:util'
import t from 'tap'
import { runBroadcast, type Load } from '../../bench/load/broadcast.ts'
import { FrameCounter } from '../../bench/load/frames.ts'
import { FrameTemplate, messageText } from '../../bench/load/message.ts'
import { findPeer } from '../../bench/peers/index.ts'
import { startServer } from '../../bench/server.ts'

const LOAD: Load = { connections: 20, rate: 200, warmupSeconds: 0.1, seconds: 0.5, messageBytes: 112, readEveryMs: 20 }
/** Warm-up, window, and the quarter of a second after it. */
const SENT = 20 + 100 + 50

/** An unmasked frame, as a server sends it. */
function serverFrame(opcode: number, payload: string): Buffer {
  const length = payload.length < 126 ? [payload.length] : [126, payload.length >> 8, payload.length & 0xff]
  return Buffer.concat([Buffer.from([0x80 | opcode, ...length]), Buffer.from(payload)])
}

for (const name of ['uws', 'ws', 'socket-io']) {
  t.test(`the generator counts at ${name} exactly what was sent, times the connections`, async (t) => {
    const server = await startServer(findPeer(name))
    t.teardown(() => server.stop())
    const result = await runBroadcast({ url: server.url, peer: name }, LOAD, () => {})
    t.equal(result.sent, SENT)
    t.equal(result.received, SENT * LOAD.connections)
    t.match(result, { disorder: 0, gaps: 0, closed: [] })
    t.ok(result.frameBytes >= LOAD.messageBytes + 2)
    t.ok(result.latencyMs.p50 > 0)
  })
}

t.test('a message is as long as was asked for and holds its sequence number', async (t) => {
  const text = messageText(112)
  t.equal(Buffer.byteLength(text), 112)
  t.type(JSON.parse(text).seq, 'number')
  const frame = new FrameTemplate(`["é",${text}]`).withSequence(7)
  const key = frame.subarray(frame.length - 119 - 4, frame.length - 119)
  const payload = Buffer.from(frame.subarray(-119).map((byte, index) => byte ^ (key[index & 3] ?? 0)))
  t.equal(JSON.parse(payload.toString())[1].seq, JSON.parse(text).seq + 7)
  t.throws(() => messageText(10), RangeError)
})

t.test('frames are counted alike wherever the reads cut them', async (t) => {
  const message = messageText(112)
  const stream = Buffer.concat([
    serverFrame(1, 'hello'),
    serverFrame(1, message),
    serverFrame(9, 'ping'),
    serverFrame(1, `{"offset":12,"payload":${message},"padding":"${'y'.repeat(300)}"}`),
    serverFrame(2, message),
  ])
  const expected = { events: 3, bytes: stream.length - 7 - 6, others: ['1 hello', '9 ping'], sequences: [0, 0, 0] }
  const wrong: unknown[] = []
  for (let size = 1; size <= stream.length; size++) {
    const others: string[] = []
    const sequences: number[] = []
    const counter = new FrameCounter({
      onOther: (opcode, payload) => others.push(`${opcode} ${payload.toString()}`),
      onEvent: (sequence) => sequences.push(sequence),
    })
    for (let at = 0; at < stream.length; at += size) {
      const part = Buffer.from(stream.subarray(at, at + size))
      counter.push(part, part.length)
    }
    const seen = { events: counter.events, bytes: counter.eventBytes, others, sequences }
    if (!isDeepStrictEqual(seen, expected)) wrong.push({ size, seen })
  }
  t.strictSame(wrong, [])
})

t.test('a frame that no server should send is an error', async (t) => {
  const counter = new FrameCounter({ onOther: () => {} })
  t.throws(() => counter.push(Buffer.from([0x81, 0x80]), 2), /masked/)
  t.throws(() => counter.push(Buffer.from([0x01, 0x00]), 2), /fragmented/)
})
