import t, { type Test } from 'tap'
import { Refusal } from '../../src/protocol/errors.ts'
import { mirrorOf, openRoom, play, ROOM, say } from '../helpers/house/game-room.ts'
import { Mirror } from '../helpers/house/mirror.ts'

const JOIN = 'core.game.room.join'
const SNAPSHOT = 'core.game.room.snapshot'
/** The socket's buffer is full of patches then, and the sweep has seen it. */
const LAGGING_MS = 1_000

/** A room with a client that has stopped reading for so many ticks and so long: it is behind. */
async function openBehind(
  t: Test,
  {
    ticks = 40,
    forMs = LAGGING_MS,
    settings,
  }: { ticks?: number; forMs?: number; settings?: Parameters<typeof openRoom>[1] } = {},
) {
  const wire = await openRoom(t, settings)
  const slow = await wire.enter('slow')
  await slow.ask(JOIN, { room_id: ROOM })
  slow.wire.pause()
  await play(wire, wire.room, ticks)
  await wire.pass(forMs)
  return { wire, slow }
}

for (const encoding of ['json', 'msgpack'] as const) {
  t.test(
    `who reads too slowly gets fewer patches, each from its own tick, and is not closed: ${encoding}`,
    async (t) => {
      const wire = await openRoom(t, { BACKPRESSURE_BYTES: '64KiB', SOCKET_WRITE_TIMEOUT: '5s' })
      const { enter, primary, room, pass } = wire
      const slow = await enter('slow', { encoding })
      const quick = await enter('quick', { encoding })
      for (const client of [slow, quick]) await client.ask(JOIN, { room_id: ROOM })
      slow.wire.pause()
      await play(wire, room, 50)
      await pass(LAGGING_MS)
      const waiting = slow.wire.waitingBytes
      t.ok(waiting < 32 * 1024, `${waiting} bytes wait`)
      await play(wire, room, 10)
      t.equal(slow.wire.waitingBytes, waiting, 'and no more of them')
      await pass(20_000)
      t.equal(slow.closed, undefined, 'longer than SOCKET_WRITE_TIMEOUT')
      slow.wire.resume()
      await slow.until(() => mirrorOf(slow).tick === room.tick)
      t.equal(primary.argsOf('catchUp').length, 1)
      await play(wire, room, 5)
      await pass(100)
      const [late, prompt] = [mirrorOf(slow), mirrorOf(quick)]
      t.strictSame([late.state, late.misfits, late.snapshots], [room.state(0), 0, 0])
      t.strictSame([prompt.state, prompt.misfits, prompt.patches], [room.state(0), 0, room.tick])
      t.ok(late.patches < prompt.patches / 1.3, `${late.patches} of ${prompt.patches}`)
      t.equal(quick.closed, undefined)
    },
  )
}

t.test('what comes between the question for what was missed and its answer is in the answer', async (t) => {
  const { wire, slow } = await openBehind(t)
  const { primary, room, pass } = wire
  primary.held.add('catchUp')
  slow.wire.resume()
  await slow.until(() => primary.argsOf('catchUp').length === 1)
  await play(wire, room, 3)
  primary.release()
  await play(wire, room, 3)
  await pass(100)
  const { state, misfits } = mirrorOf(slow)
  t.strictSame([state, misfits], [room.state(0), 0])
})

for (const how of ['asked for', 'of another view'] as const) {
  t.test(`a state ${how} that comes before what was missed stands for it`, async (t) => {
    const { wire, slow } = await openBehind(t)
    const { primary, room, pass } = wire
    primary.held.add('catchUp')
    slow.wire.resume()
    await slow.until(() => primary.argsOf('catchUp').length === 1)
    const [seen] = room.viewers.values()
    if (!seen) throw new Error('nobody is there')
    if (how === 'asked for') {
      primary.change(room, { n: 69 })
      t.ok((await slow.ask(SNAPSHOT, {}, { room: ROOM })).success)
    } else {
      seen.view = 1
      primary.link.tell('gameView', { connectionId: seen.connectionId, room: room.id })
    }
    primary.change(room, { n: 70 }, { view: seen.view })
    await pass(100)
    primary.release()
    await pass(100)
    primary.change(room, { n: 71 }, { view: seen.view })
    await pass(100)
    t.strictSame([mirrorOf(slow).state, mirrorOf(slow).misfits], [room.state(seen.view), 0])
  })
}

t.test('who asks for the state while it reads too slowly goes on from that', async (t) => {
  const { wire, slow } = await openBehind(t)
  const { primary, room, pass } = wire
  slow.request(SNAPSHOT, {}, { room: ROOM })
  await pass(100)
  const asked = room.tick
  await play(wire, room, 2)
  slow.wire.resume()
  await slow.until(() => mirrorOf(slow).tick === room.tick)
  t.strictSame(
    primary.argsOf('catchUp').map(({ base }) => base),
    [asked],
  )
  t.strictSame([mirrorOf(slow).state, mirrorOf(slow).misfits], [room.state(0), 0])
})

t.test('who has read everything before the next tick is sent no patch of nothing', async (t) => {
  const { wire, slow } = await openBehind(t)
  const { primary, room, pass } = wire
  slow.request(SNAPSHOT, {}, { room: ROOM })
  await pass(100)
  slow.wire.resume()
  await slow.until(() => primary.argsOf('catchUp').length === 1)
  await pass(100)
  t.strictSame([mirrorOf(slow).tick, mirrorOf(slow).misfits], [room.tick, 0])
  await play(wire, room, 3)
  await pass(100)
  t.strictSame([mirrorOf(slow).state, mirrorOf(slow).misfits], [room.state(0), 0])
})

t.test('who was away for longer than is known gets the state', async (t) => {
  const { wire, slow } = await openBehind(t, { ticks: 100 })
  const { room, pass } = wire
  slow.wire.resume()
  await slow.until(() => mirrorOf(slow).snapshots === 1)
  await play(wire, room, 3)
  await pass(100)
  t.strictSame([mirrorOf(slow).state, mirrorOf(slow).misfits], [room.state(0), 0])
})

t.test('a question for what was missed that comes to nothing is asked again', async (t) => {
  const { wire, slow } = await openBehind(t)
  const { primary, room } = wire
  primary.refusals.set('catchUp', new Refusal('UNAVAILABLE', 'the host is gone'))
  slow.wire.resume()
  await slow.until(() => primary.argsOf('catchUp').length === 2)
  primary.refusals.clear()
  await slow.until(() => mirrorOf(slow).tick === room.tick)
  t.strictSame([mirrorOf(slow).state, mirrorOf(slow).misfits], [room.state(0), 0])
})

t.test('who is behind in a game and in the log is closed for the log, as ever', async (t) => {
  const { wire, slow } = await openBehind(t, { forMs: 10_000, settings: { SOCKET_WRITE_TIMEOUT: '5s' } })
  const { pass } = wire
  t.equal(slow.closed, undefined)
  say(wire, 12)
  await pass(6_000)
  slow.wire.resume()
  t.match(await slow.end(), { code: 4001 })
})

t.test('events of the log wait their turn beside patches, and none is lost', async (t) => {
  const { wire, slow } = await openBehind(t)
  const { room } = wire
  for (let offset = 12; offset < 20; offset++) {
    say(wire, offset)
    await play(wire, room, 1)
  }
  slow.wire.resume()
  await slow.until(() => mirrorOf(slow).tick === room.tick)
  t.strictSame(
    slow.events.flatMap(({ offset }) => (offset === undefined ? [] : [offset])),
    [12, 13, 14, 15, 16, 17, 18, 19],
  )
  t.strictSame([mirrorOf(slow).state, mirrorOf(slow).misfits], [room.state(0), 0])
})

t.test('who joins, or comes to see something else, while it reads too slowly goes on once it has read', async (t) => {
  const wire = await openRoom(t)
  const { enter, primary, pass, room } = wire
  const other = primary.makeRoom('counter:other')
  const slow = await enter('slow')
  await slow.ask(JOIN, { room_id: ROOM })
  slow.wire.pause()
  await play(wire, room, 40)
  await pass(LAGGING_MS)
  slow.request(JOIN, { room_id: other.id })
  await pass(100)
  const waiting = slow.wire.waitingBytes
  await play(wire, other, 3)
  t.equal(slow.wire.waitingBytes, waiting, 'no patch waits')
  const seen = room.viewers.values().next().value
  if (!seen) throw new Error('nobody is there')
  seen.view = 1
  primary.link.tell('gameView', { connectionId: seen.connectionId, room: room.id })
  primary.change(room, { fog: 1 }, { view: 1 })
  await pass(100)
  slow.wire.resume()
  const inOther = () => Mirror.of(slow.frames, other.id)
  await slow.until(() => inOther().tick === other.tick && mirrorOf(slow).snapshots === 1)
  primary.change(room, { fog: 2 }, { view: 1 })
  await play(wire, other, 1)
  await pass(100)
  t.strictSame([mirrorOf(slow).state, mirrorOf(slow).misfits], [room.state(1), 0])
  t.strictSame([inOther().state, inOther().misfits], [other.state(0), 0])
})
