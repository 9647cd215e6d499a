import { isDeepStrictEqual } from 'node:util'
import t from 'tap'
import { runRequests } from '../../bench/load/requests.ts'
import { runDirect } from '../../bench/load/direct.ts'
import { parseOptions } from '../../bench/options.ts'
import { findPeer } from '../../bench/peers/index.ts'
import { refOf } from '../../bench/peers/peer.ts'
import { startServer } from '../../bench/server.ts'
import { runBroadcast, type Load } from '../../src/load/broadcast.ts'
import { FrameCounter } from '../../src/load/frames.ts'
import { FrameTemplate, messageText } from '../../src/load/message.ts'

const LOAD: Load = {
  connections: 20,
  rooms: 0,
  rate: 200,
  warmupSeconds: 0.1,
  seconds: 0.5,
  messageBytes: 112,
  readEveryMs: 20,
}
/** Warm-up, window, and the quarter of a second after it. */
const SENT = 20 + 100 + 50

/** An unmasked frame, as a server sends it. */
function serverFrame(opcode: number, payload: string): Buffer {
  const length = payload.length < 126 ? [payload.length] : [126, payload.length >> 8, payload.length & 0xff]
  return Buffer.concat([Buffer.from([0x80 | opcode, ...length]), Buffer.from(payload)])
}

for (const name of ['drumbeat', 'drumbeat-msgpack', 'uws']) {
  t.test(`the generator counts at ${name} exactly what was sent, times the connections`, async (t) => {
    const peer = findPeer(name)
    const server = await startServer(peer)
    t.teardown(() => server.stop())
    const result = await runBroadcast({ url: server.url, dialect: refOf(peer) }, LOAD, { onPhase: () => {} })
    t.equal(result.sent, SENT)
    t.equal(result.received, SENT * LOAD.connections)
    t.match(result, { disorder: 0, gaps: 0, closed: [] })
    t.ok(result.frameBytes >= LOAD.messageBytes + 2)
    t.ok(result.latencyMs.p50 > 0)
  })
}

for (const name of ['drumbeat-private']) {
  t.test(`in rooms of ${name} each message goes to those in its room`, async (t) => {
    const peer = findPeer(name)
    const server = await startServer(peer)
    t.teardown(() => server.stop())
    const target = { url: server.url, dialect: refOf(peer) }
    const result = await runBroadcast(target, { ...LOAD, connections: 60, rooms: 5 }, { onPhase: () => {} })
    t.equal(result.received, (SENT * 60) / 5)
    t.match(result, { disorder: 0, gaps: 0, closed: [] })
  })
}

for (const name of ['drumbeat', 'uws-echo']) {
  t.test(`requests to ${name} are answered one by one`, async (t) => {
    const peer = findPeer(name)
    const server = await startServer(peer)
    t.teardown(() => server.stop())
    const load = { connections: 5, underWay: 4, warmupSeconds: 0.2, seconds: 0.5 }
    const { figures, doubts } = await runRequests({ url: server.url, dialect: refOf(peer) }, load, () => {})
    t.ok((figures['perSecond'] ?? 0) > 100)
    t.ok((figures['p50Ms'] ?? 0) > 0)
    t.strictSame(doubts, [])
  })
}

for (const name of ['drumbeat-2']) {
  t.test(`direct messages of ${name} reach whom they are for`, async (t) => {
    const peer = findPeer(name)
    const server = await startServer(peer)
    t.teardown(() => server.stop())
    const load = { connections: 10, rate: 100, warmupSeconds: 0.2, seconds: 1, messageBytes: 112 }
    const { figures, doubts } = await runDirect({ url: server.url, dialect: refOf(peer) }, load, () => {})
    t.match(figures, { lost: 0 })
    t.strictSame(doubts, [])
  })
}

t.test('options change what a workload has, and mistakes are told', async (t) => {
  const { workloads, runs } = parseOptions(['broadcast-300', 'idle', '--quick', '--peers', 'uws', '--rate', '7'])
  t.equal(runs, 1)
  t.match(workloads, [
    { lines: [{ peer: 'uws', job: { load: { rate: 7, connections: 100, rooms: 0 } } }] },
    { lines: [{ peer: 'uws', job: { load: { connections: 1500, rooms: 15, rate: undefined } } }] },
  ])
  t.throws(() => parseOptions(['nothing']), { message: 'there is no nothing' })
  t.throws(() => parseOptions(['--rate', 'x']), { message: '--rate must be a number from 1 up, not x' })
  t.throws(() => parseOptions(['--peers', 'nobody']), /no line has one of nobody; there are drumbeat, /)
  t.throws(() => parseOptions(['--runs', '1.5']), { message: /integer/ })
})

t.test('a message is as long as was asked for and holds its sequence number', async (t) => {
  const text = messageText(112)
  t.equal(Buffer.byteLength(text), 112)
  t.type(JSON.parse(text).seq, 'number')
  const frame = new FrameTemplate(`["e",${text}]`).withSequence(7)
  const key = frame.subarray(frame.length - 118 - 4, frame.length - 118)
  const payload = Buffer.from(frame.subarray(-118).map((byte, index) => byte ^ (key[index & 3] ?? 0)))
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
