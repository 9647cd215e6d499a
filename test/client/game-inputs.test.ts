/** What a client sends to rooms with games, and what msgpack connections have as bytes. */
import t from 'tap'
import { binaryPatchOf } from '../../src/games/sync/binary-patch.ts'
import { ByteWriter } from '../../src/games/sync/byte-writer.ts'
import { hashValue } from '../../src/games/sync/hash.ts'
import { shapeOf } from '../../src/games/sync/shape.ts'
import { t as types } from '../../src/games/types.ts'
import { data, patch, playing, receive, STATE, type Arena } from './arena.ts'
import { connected, until } from './setup.ts'

t.test(
  'inputs: a promise with what the game replied, or its refusal; of those that keep the newest none waits',
  async (t) => {
    const { client, peer } = await connected(t)
    const room = await playing(t, client, peer)
    const firing = room.send.fire({})
    const fire = await receive(peer)
    t.match(fire, { room: 'arena:1', eventType: 'core.game.room.input', payload: { name: 'fire', input: {}, seq: 1 } })
    peer.reply(fire, { tick: 11, value: 'hit' })
    t.equal(await firing, 'hit')
    await room.send.steer({ dx: 1 })
    const steer = await receive(peer)
    t.match(steer, { payload: { name: 'steer', input: { dx: 1 }, seq: 2 } })
    t.notOk('id' in steer, 'nobody answers it')
    const refused = room.send.fire({})
    const asked = await receive(peer)
    peer.send({
      eventType: 'core.game.reply',
      replyTo: asked.id,
      success: false,
      error: { code: 'REFUSED', message: 'no', retryable: false, details: { code: 'NOT_YET' } },
    })
    await t.rejects(refused, { code: 'REFUSED', details: { code: 'NOT_YET' } })
    patch(peer, 11, 10, { acks: { ann: 2 } })
    await until(() => room.acked.seq === 2)
    t.equal(room.acked.of, 3)
  },
)

t.test('what cannot be sent rejects, also of inputs of which the latest counts', async (t) => {
  for (const encoding of ['json', 'msgpack'] as const) {
    const { client, peer } = await connected(t, { encoding }, { max_payload_bytes: 500 })
    const room = await playing(t, client, peer)
    const isJson = encoding === 'json'
    const steer = room.send.steer as (input: unknown) => Promise<unknown>
    for (const [input, path] of [
      [{ dx: NaN }, 'payload.input.dx'],
      [{ dx: 1n }, 'payload.input.dx'],
      [[undefined], 'payload.input[0]'],
      [() => 1, 'payload.input'],
    ] as const)
      await t.rejects(steer(input), { code: 'BAD_REQUEST', details: { path } })
    await t.rejects(steer({ dx: 'x'.repeat(600) }), { code: 'PAYLOAD_TOO_LARGE' })
    await steer({ dx: 2, no: undefined })
    const { payload } = await receive(peer)
    t.match(payload, isJson ? { input: { dx: 2 } } : { value: [...Buffer.from('{"dx":2}')] }, 'the first that was sent')
    client.close()
  }
})

t.test(
  'on a msgpack connection inputs are the bytes of their types, as soon as the connection knows the room',
  async (t) => {
    const { server, client, peer } = await connected(t, { encoding: 'msgpack' })
    const input = types.object({
      dx: types.int8(),
      at: types.fixed(0, 10, 0.5),
      whom: types.optional(types.string(9)),
      list: types.array(types.oneOf('a', 'b')),
    })
    const inputs = [
      { name: 'fire', keep: 'all', type: input },
      { name: 'steer', keep: 'latest', type: null },
    ]
    const finding = client.play<Arena>('arena')
    peer.reply(await receive(peer), { room_id: 'arena:1', offset: 41, game: { ...data(10), handle: 300, inputs } })
    const room = await finding
    const fire = room.send.fire as (input: unknown) => Promise<unknown>
    const firing = fire({ dx: -1, at: 1.6, list: ['b', 'a'] })
    const fired = await receive(peer)
    t.strictSame(fired.payload, { handle: 300, index: 0, seq: 1, value: [127, 3, 0, 2, 1, 0] })
    peer.reply(fired, { tick: 11, value: 'hit' })
    t.equal(await firing, 'hit')
    await room.send.steer({ dx: 3 })
    const steered = await receive(peer)
    t.strictSame(steered, {
      id: '',
      eventType: 'core.game.room.input',
      payload: { handle: 300, index: 1, seq: 2, value: [...Buffer.from('{"dx":3}')] },
    })
    for (const wrong of [
      { dx: 200, at: 1, list: [] },
      { dx: 1, at: 11, list: [] },
      { dx: 1.5, at: 1, list: [] },
    ]) {
      const refused = fire(wrong)
      const asked = await receive(peer)
      t.match(
        asked,
        { room: 'arena:1', payload: { name: 'fire', input: wrong } },
        'the server says what is wrong with it',
      )
      peer.refuse(asked, 'BAD_REQUEST', { path: 'payload.input' })
      await t.rejects(refused, { code: 'BAD_REQUEST', details: { path: 'payload.input' } })
    }
    peer.cut()
    const next = await server.accept()
    next.resumed({ recovered: true, replayed: 0, offset: 41, rooms: ['arena:1'] })
    await until(() => client.status === 'ready')
    void fire({ dx: 1, at: 1, list: [] }).catch(() => {})
    t.match(await receive(next), { room: 'arena:1', payload: { name: 'fire' } }, 'it does not know the handle')
    next.send({ eventType: 'core.game.room.snapshot', room: 'arena:1', payload: { ...data(90), handle: 301, inputs } })
    await until(() => room.tick === 90)
    void fire({ dx: 1, at: 1, list: [] }).catch(() => {})
    t.match(await receive(next), { payload: { handle: 301, index: 0 } })
  },
)

t.test('binary patches, whose handle names the room: the same state, acks, events and hash', async (t) => {
  const { client, peer } = await connected(t, { encoding: 'msgpack' })
  const type = types.object({
    phase: types.string(20),
    ships: types.map(types.object({ x: types.fixed(0, 100, 0.01), y: types.fixed(0, 100, 0.01) })),
  })
  const finding = client.play<Arena>('arena')
  const find = await receive(peer)
  peer.reply(find, {
    room_id: 'arena:1',
    members: 1,
    state: null,
    offset: 41,
    game: { ...data(10), types: type } as never,
  })
  const room = await finding
  const shape = shapeOf(type)
  const before = shape.freeze(undefined, structuredClone(STATE))
  const state = { ...structuredClone(STATE), phase: 'over' }
  state.ships.ann.x = 1.25
  const after = shape.freeze(before, state)
  const frame = (tick: number, base: number, changes: Uint8Array) => {
    const writer = new ByteWriter()
    // Acks, events and a hash follow the changes.
    for (const byte of [0xc1, 1, 7]) writer.byte(byte)
    for (const value of [7, tick, tick - base, changes.length]) writer.varint(value)
    for (const byte of changes) writer.byte(byte)
    writer.varint(1)
    writer.text('ann')
    writer.varint(3)
    writer.text('[["boom",{"x":1}]]')
    writer.fixedWidth(hashValue(state), 4)
    return writer.take()
  }
  const booms: unknown[] = []
  room.on('boom', (boom) => booms.push(boom))
  peer.sendRaw(frame(12, 10, binaryPatchOf(shape, before, after)))
  await until(() => room.tick === 12)
  t.strictSame(room.state, state)
  t.equal(room.acked.seq, 3)
  t.strictSame(booms, [{ x: 1 }])
  peer.sendRaw(frame(13, 12, Uint8Array.of(255, 255)))
  t.match(await receive(peer), { eventType: 'core.game.room.snapshot' }, 'one that does not fit')
})
