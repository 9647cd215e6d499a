/** Bad frames, and peers that stop listening, against a real server over real sockets. */
import { readdirSync } from 'node:fs'
import t from 'tap'
import { openClient } from '../helpers/client.ts'
import { webSocketFrame, type FrameOptions } from '../helpers/raw.ts'
import { startServer, type TestServer } from '../helpers/server.ts'
import { slowReader } from './slow-reader.ts'
import { stayedUp, until } from './support.ts'

t.jobs = 8
const SOFT_BYTES = 16 * 1024
const HARD_BYTES = 4 * SOFT_BYTES
const BROADCAST = 'core.game.state.broadcast'
const EVIL = JSON.stringify({ id: 'evil', eventType: BROADCAST, payload: { message: 'evil' } })

const server = await startServer(t, { SOCKET_READ_TIMEOUT: '600s', SOCKET_WRITE_TIMEOUT: '600s' })
/** Sees every event of the namespace: what is bad must not become one. */
const witness = await openClient(server)
t.teardown(() => witness.terminate())
const descriptorsAtFirst = openDescriptors(server)

function openDescriptors(of: TestServer): number {
  const workers = of.logs().filter(({ msg }) => msg === 'worker ready')
  return workers.reduce((sum, { pid }) => sum + readdirSync(`/proc/${Number(pid)}/fd`).length, 0)
}

/** Sends frames as they are, on a connection of their own; how it was closed. */
async function sendFrames(...frames: FrameOptions[]): Promise<number> {
  const client = await openClient(server)
  for (const frame of frames) client.tcp.write(webSocketFrame(frame))
  const { code } = await client.closed
  return code
}

t.test('a frame over the soft limit is told so, and closed with 1009', async (t) => {
  for (const encoding of ['json', 'msgpack'] as const) {
    const client = await openClient(server, { encoding })
    client.sendBytes(Buffer.alloc(SOFT_BYTES + 1, ' '))
    t.match(await client.reply(undefined), { success: false, error: { code: 'PAYLOAD_TOO_LARGE', retryable: false } })
    t.match(await client.closed, { code: 1009 }, encoding)
  }
  const client = await openClient(server)
  client.sendBytes(JSON.stringify({ id: 'a', eventType: BROADCAST, payload: { message: 1 } }).padEnd(SOFT_BYTES))
  t.match(await client.reply('a'), { success: true }, 'one of that size is fine')
  await client.close()
})

t.test('frames over the hard limit are not read: the connection is dropped', async (t) => {
  const text = { opcode: 1, payload: EVIL }
  t.equal(await sendFrames({ ...text, payload: EVIL.padEnd(HARD_BYTES + 1) }), 1006, 'one byte more')
  for (const length of [1n << 63n, (1n << 63n) - 1n, (1n << 64n) - 1n, 1n << 40n]) {
    t.equal(await sendFrames({ ...text, length }), 1006, `a length of ${length}`)
  }
  const part = { fin: false, payload: 'x'.repeat(SOFT_BYTES - 100) }
  const parts = Array.from({ length: 6 }, (_, i) => ({ ...part, opcode: i === 0 ? 1 : 0 }))
  t.equal(await sendFrames(...parts), 1006, 'fragments that add up to more')
})

t.test('fragments that never end are never more than the hard limit', async (t) => {
  const endless = await openClient(server)
  const bytes = 1024
  let sent = 0
  const timer = setInterval(() => {
    endless.tcp.write(webSocketFrame({ opcode: sent === 0 ? 1 : 0, fin: false, payload: ' '.repeat(bytes) }))
    sent += bytes
  }, 20)
  t.teardown(() => clearInterval(timer))
  t.match(await endless.closed, { code: 1006 })
  clearInterval(timer)
  t.ok(sent <= HARD_BYTES + 20 * bytes, `${sent} bytes were taken`)
})

t.test('frames that break the protocol drop the connection', async (t) => {
  const text = { opcode: 1, payload: EVIL }
  const badText = Buffer.concat([Buffer.from(EVIL.slice(0, -3)), Buffer.of(0xc3, 0x28), Buffer.from(EVIL.slice(-3))])
  const cases: Readonly<Record<string, readonly FrameOptions[]>> = {
    'invalid UTF-8': [{ opcode: 1, payload: badText }],
    'a surrogate in UTF-8': [{ opcode: 1, payload: Buffer.of(0x22, 0xed, 0xa0, 0x80, 0x22) }],
    'an overlong form': [{ opcode: 1, payload: Buffer.of(0x22, 0xc0, 0xaf, 0x22) }],
    RSV1: [{ ...text, rsv: 4 }],
    RSV2: [{ ...text, rsv: 2 }],
    RSV3: [{ ...text, rsv: 1 }],
    'opcode 3': [{ ...text, opcode: 3 }],
    'opcode 7': [{ ...text, opcode: 7 }],
    'opcode 11': [{ ...text, opcode: 11 }],
    'opcode 15': [{ ...text, opcode: 15 }],
    'a continuation without a start': [{ ...text, opcode: 0 }],
    'a message inside another': [{ opcode: 1, fin: false, payload: '{' }, text],
    'a ping of 126 bytes': [{ opcode: 9, payload: 'x'.repeat(126) }],
    'a ping in fragments': [{ opcode: 9, fin: false, payload: 'x' }],
  }
  for (const [name, frames] of Object.entries(cases)) t.equal(await sendFrames(...frames), 1006, name)
})

t.test('a frame of the other kind is closed with 1003', async (t) => {
  t.equal(await sendFrames({ opcode: 2, payload: EVIL }), 1003, 'binary on JSON')
  const client = await openClient(server, { encoding: 'msgpack' })
  client.sendBytes(EVIL, false)
  t.match(await client.closed, { code: 1003 }, 'text on msgpack')
})

t.test('a flood of pings is closed with 4004', async (t) => {
  const client = await openClient(server)
  const ping = webSocketFrame({ opcode: 9, payload: 'x'.repeat(10) })
  client.tcp.write(Buffer.concat(Array.from({ length: 3000 }, () => ping)))
  t.match(await client.closed, { code: 4004 })
})

t.test(
  'a peer that reads nothing is closed with 4001 once too much waits for it, the others lose nothing',
  async (t) => {
    await slowReader(t, server)
  },
)

t.test('after all of that the server is as it was', { buffered: false }, async (t) => {
  t.notMatch(JSON.stringify(witness.events), /evil/, 'none of it became an event')
  await until(() => openDescriptors(server) <= descriptorsAtFirst)
  t.pass('no descriptor is left open')
  await stayedUp(t, server)
})
