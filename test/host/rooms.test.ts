/** Rooms in a host: the order of what leaves it, and what connections that come and go mean for seats. */
import t from 'tap'
import type { InputResult } from '../../src/link/methods/host.ts'
import { Refusal } from '../../src/protocol/errors.ts'
import { counter, turns } from './helpers/games.ts'
import { TestPrimary } from './helpers/primary.ts'

t.test(
  'a room is made: its checkpoint and its listing first, then the answer; it ticks at its own times',
  async (t) => {
    const primary = await TestPrimary.open(t, [counter])
    const startMs = await primary.openRoom(1, 'counter')
    const listing = { seats: 0, isLocked: false, listing: { count: 0 } }
    t.match(primary.take(), [
      { what: 'checkpoint', handle: 1, tick: 0 },
      { what: 'listed', args: { handle: 1, listing } },
    ])
    await primary.time.pass(1_050)
    const records = primary.of('record')
    t.strictSame(
      records.map(({ record }) => record.tick),
      [10],
      'ticks in which nothing came in have a record only where there is a hash',
    )
    t.type(records[0]?.record.hash, 'number')
    t.strictSame(primary.of('listed'), [], 'it is listed as before')
    const inspection = await primary.done('inspect', { handle: 1 })
    t.equal(inspection.tick, Math.floor((primary.time.clock.wallMs() - startMs) / 100))
    t.match(await primary.ask('open', { handle: 2, roomId: 'x:1', game: 'nope', options: {}, seed: 1, startMs }), {
      code: 'GAME_NOT_FOUND',
    })
    t.match(await primary.ask('inspect', { handle: 9 }), { code: 'ROOM_NOT_FOUND' })
  },
)

t.test('a tick leaves in order: the record, the patches, the replies, the effects', async (t) => {
  const primary = await TestPrimary.open(t, [counter])
  await primary.openRoom(1, 'counter')
  const entered = await primary.done('enter', primary.entering(1, 11, 'alice'))
  t.match(entered, { name: 'counter', version: 1, seat: 'alice', tickMs: 100, view: 0, tick: 1 })
  t.strictSame(JSON.parse(entered.state), { count: 0, calls: ['join alice'], x: {}, ticks: 0 })
  t.strictSame(entered.types, JSON.parse(JSON.stringify(counter.viewType)))
  t.equal(entered.inputs[0]?.name, 'add')
  primary.take()
  primary.call('input', { handle: 1, viewer: 11, name: 'add', input: { by: 3 }, seq: 8 }, 'add')
  primary.call('input', { handle: 1, viewer: 11, name: 'no', input: {}, seq: 9 }, 'no')
  primary.call('input', { handle: 1, viewer: 11, name: 'say', input: {}, seq: null }, 'say')
  await primary.time.pass(150)
  t.strictSame(
    primary.heard.map(({ what }) => what),
    ['record', 'patch', 'reply', 'reply', 'reply', 'effect'],
  )
  t.match(primary.of('record')[0]?.record, {
    tick: 2,
    entries: [{ kind: 'input', name: 'add', input: { by: 3 } }, {}, {}],
  })
  t.match(primary.patches(1), [
    { tick: 2, base: 1, acks: { alice: 9 }, changes: { count: 3 }, events: [['boom', { at: 3 }]] },
  ])
  const [add, no, say] = primary.of('reply').map(({ result }) => result)
  t.strictSame(add, { tick: 2, value: { count: 3 } } satisfies InputResult)
  t.match(no, { code: 'REFUSED', details: { code: 'NOT_NOW', details: { until: 3 } } })
  t.strictSame(say, { tick: 2, value: null })
  t.match(primary.of('effect'), [{ tick: 2, effect: { kind: 'say', to: 'all', data: { hello: 2 } } }])
})

t.test(
  'a tick in which nothing changed sends nothing, and a hash comes once a second if the state is another one',
  async (t) => {
    const primary = await TestPrimary.open(t, [counter])
    await primary.openRoom(1, 'counter')
    await primary.done('enter', primary.entering(1, 11, 'alice'))
    primary.take()
    await primary.time.pass(3_000)
    t.match(primary.patches(1), [{ changes: {}, hash: Number }], 'one, for the state of the join')
  },
)

t.test('a seat belongs to a user: the first connection takes it, the last one drops it, and it is held', async (t) => {
  const primary = await TestPrimary.open(t, [counter])
  await primary.openRoom(1, 'counter')
  const calls = async (): Promise<unknown> =>
    ((await primary.done('inspect', { handle: 1 })).state as { calls: unknown }).calls
  const first = await primary.done('enter', primary.entering(1, 11, 'alice'))
  t.equal(first.isNewSeat, true)
  const second = await primary.done('enter', primary.entering(1, 12, 'alice'))
  t.equal(second.isNewSeat, false)
  t.equal(second.seat, 'alice')
  t.equal(second.tick, first.tick, 'it has not waited for a tick')
  await primary.done('exit', { handle: 1, viewer: 11 })
  await primary.time.pass(300)
  t.strictSame(await calls(), ['join alice'], 'the other connection is there')
  await primary.done('exit', { handle: 1, viewer: 12 })
  await primary.time.pass(300)
  t.strictSame(await calls(), ['join alice', 'drop alice'])
  t.match(await primary.done('enter', primary.entering(1, 13, 'alice', { isBack: true })), { isNewSeat: false })
  t.strictSame(await calls(), ['join alice', 'drop alice', 'back alice'])
  await primary.done('exit', { handle: 1, viewer: 13 })
  await primary.time.pass(2_500)
  t.strictSame(await calls(), ['join alice', 'drop alice', 'back alice', 'drop alice', 'leave alice'], 'held for 2 s')
  t.match(primary.of('effect').at(-1), { effect: { kind: 'left', user: 'alice', why: 'held too long' } })
  t.match(await primary.ask('enter', primary.entering(1, 14, 'alice', { isBack: true })), { code: 'NOT_IN_ROOM' })
  t.match(await primary.ask('input', { handle: 1, viewer: 14, name: 'add', input: { by: 1 }, seq: null }), {
    code: 'NOT_IN_ROOM',
  })
  t.match(await primary.done('enter', primary.entering(1, 15, 'alice')), { seat: 'alice', isNewSeat: true })
  t.match(await primary.done('enter', primary.entering(1, 16, 'bob', { as: 'spectator' })), { isNewSeat: false })
})

t.test(
  'whatever a user does in one tick has its order: join and exit, leave and join, two connections at once',
  async (t) => {
    const primary = await TestPrimary.open(t, [counter])
    await primary.openRoom(1, 'counter')
    primary.call('enter', primary.entering(1, 11, 'alice'), 'first')
    primary.call('enter', primary.entering(1, 12, 'alice'), 'second')
    primary.call('enter', primary.entering(1, 21, 'bob'), 'bob')
    primary.tell('exit', { handle: 1, viewer: 21 })
    await primary.time.pass(200)
    const replies = new Map(primary.of('reply').map(({ name, result }) => [name, result]))
    t.match(replies.get('first'), { seat: 'alice' })
    t.match(replies.get('second'), { seat: 'alice' })
    t.match(replies.get('bob'), { code: 'NOT_IN_ROOM' }, 'the connection was gone before it was answered')
    const state = async () => (await primary.done('inspect', { handle: 1 })).state as { calls: string[] }
    t.strictSame((await state()).calls, ['join alice', 'join bob', 'drop bob'])
    primary.take()
    primary.call('leave', { handle: 1, viewer: 11 }, 'leave')
    primary.call('enter', primary.entering(1, 13, 'alice'), 'again')
    await primary.time.pass(200)
    t.strictSame((await state()).calls.slice(3), ['leave alice', 'join alice'])
    t.match(primary.of('reply'), [
      { name: 'leave', result: null },
      { name: 'again', result: { seat: 'alice' } },
    ])
    t.match(
      await primary.ask('snapshot', { handle: 1, viewer: 12 }),
      { code: 'NOT_IN_ROOM' },
      'all connections have left',
    )
  },
)

t.test('a refused join never was; a spectator has no seat and sends nothing', async (t) => {
  const primary = await TestPrimary.open(t, [counter])
  await primary.openRoom(1, 'counter')
  for (let i = 0; i < 4; i++) await primary.done('enter', primary.entering(1, i, `user-${i}`))
  t.match(await primary.ask('enter', primary.entering(1, 9, 'late')), { code: 'ROOM_FULL' })
  t.match(await primary.ask('enter', primary.entering(1, 9, 'guest', { isGuest: true })), { code: 'FORBIDDEN' })
  const entered = await primary.done('enter', primary.entering(1, 10, 'late', { as: 'spectator' }))
  t.equal(entered.seat, null)
  t.match(await primary.ask('input', { handle: 1, viewer: 10, name: 'add', input: { by: 1 }, seq: null }), {
    code: 'NOT_IN_ROOM',
  })
  t.equal((await primary.done('inspect', { handle: 1 })).spectators, 1)
})

t.test('a game that kicks: the seat has left, and its connections see nothing any more', async (t) => {
  const primary = await TestPrimary.open(t, [counter])
  await primary.openRoom(1, 'counter')
  await primary.done('enter', primary.entering(1, 11, 'alice'))
  await primary.done('enter', primary.entering(1, 21, 'bob'))
  primary.take()
  await primary.done('input', { handle: 1, viewer: 11, name: 'kick', input: { user: 'bob' }, seq: null })
  t.match(primary.of('effect'), [{ effect: { kind: 'left', user: 'bob', why: 'rude' } }])
  t.match(await primary.ask('snapshot', { handle: 1, viewer: 21 }), { code: 'NOT_IN_ROOM' })
  await primary.done('kick', { handle: 1, user: 'alice', why: 'by an operator' })
  t.match(primary.of('effect').at(-1), { effect: { kind: 'left', user: 'alice', why: 'by an operator' } })
  t.match(await primary.ask('kick', { handle: 1, user: 'alice', why: '' }), { code: 'NOT_IN_ROOM' })
})

t.test('a room ends: by its game, by an operator, when it is empty, when it is too old', async (t) => {
  const primary = await TestPrimary.open(t, [counter, turns], { ROOM_GAME_MAX: 120_000 })
  for (const handle of [1, 2, 3, 4]) await primary.openRoom(handle, handle === 4 ? 'turns' : 'counter')
  await primary.done('enter', primary.entering(1, 11, 'alice'))
  await primary.done('enter', primary.entering(2, 21, 'alice'))
  await primary.done('enter', primary.entering(4, 41, 'alice'))
  await primary.time.pass(1_100)
  primary.take()
  primary.call('input', { handle: 1, viewer: 11, name: 'end', input: {}, seq: null }, 'end')
  await primary.time.pass(200)
  t.strictSame(
    primary.heard.filter(({ what }) => what !== 'checkpoint' && what !== 'record').map(({ what }) => what),
    ['patch', 'reply', 'effect', 'listed', 'over'],
    'over is the last word',
  )
  t.match(primary.of('over'), [{ args: { handle: 1, ending: { why: 'over', result: { won: 'alice' }, rewards: [] } } }])
  t.match(await primary.ask('input', { handle: 1, viewer: 11, name: 'end', input: {}, seq: null }), {
    code: 'ROOM_NOT_FOUND',
  })
  await primary.done('end', { handle: 2 })
  t.match(primary.of('over').at(-1), { args: { handle: 2, ending: { why: 'ended' } } })
  await primary.time.pass(31_000)
  t.match(primary.of('over').at(-1), { args: { handle: 3, ending: { why: 'empty' } } })
  await primary.time.pass(91_000)
  t.match(primary.of('over').at(-1), { args: { handle: 4, ending: { why: 'too long' } } })
  t.equal(primary.of('over').length, 4)
})

t.test('a game without a tick rate runs when something comes in and when a timer is due', async (t) => {
  const primary = await TestPrimary.open(t, [turns])
  await primary.openRoom(1, 'turns')
  await primary.done('enter', primary.entering(1, 11, 'alice'))
  const moved = await primary.done('input', {
    handle: 1,
    viewer: 11,
    name: 'move',
    input: {},
    seq: null,
  })
  t.equal(moved.tick, 2)
  primary.take()
  await primary.time.pass(9_900)
  t.strictSame(primary.of('record'), [])
  t.equal(primary.of('checkpoint').length, 1, 'the last state is in a checkpoint')
  await primary.time.pass(200)
  t.match(
    primary.of('record').map(({ record }) => record),
    [{ tick: 3, entries: [] }],
  )
  t.match((await primary.done('inspect', { handle: 1 })).state, { late: 1, moves: ['alice'] })
})

t.test('a binary client gets frames of bytes, and sends inputs coded by their types', async (t) => {
  const primary = await TestPrimary.open(t, [counter])
  await primary.openRoom(1, 'counter')
  await primary.done('enter', primary.entering(1, 11, 'alice', { encoding: 'binary' }))
  primary.take()
  t.match(await primary.ask('input', { handle: 1, viewer: 11, name: 'add', input: new Uint8Array([7]), seq: 300 }), {
    value: { count: 7 },
  })
  const [patch] = primary.of('patch')
  t.equal(patch?.encoding, 'binary')
  t.strictSame(
    [...(patch?.bytes.subarray(0, 6) ?? [])],
    [0xc1, 1, 3, 1, 2, 1],
    'patch, with acks and events; handle 1, tick 2, base 1',
  )
  t.match(
    await primary.ask('input', { handle: 1, viewer: 11, name: 'add', input: new Uint8Array([7, 7]), seq: null }),
    {
      code: 'BAD_REQUEST',
      details: { path: 'payload.input' },
    },
  )
})

t.test(
  'a slow reader catches up from its own tick; from one that is not known any more there is a snapshot',
  async (t) => {
    const primary = await TestPrimary.open(t, [counter])
    await primary.openRoom(1, 'counter')
    const entered = await primary.done('enter', primary.entering(1, 11, 'alice'))
    for (const by of [1, 2, 3])
      await primary.done('input', { handle: 1, viewer: 11, name: 'add', input: { by }, seq: null })
    const caught = await primary.done('catchUp', { handle: 1, viewer: 11, base: entered.tick })
    t.match(caught, { kind: 'snapshot', tick: 4 }, 'a snapshot, where that is smaller')
    await primary.done('input', { handle: 1, viewer: 11, name: 'grow', input: { by: 20 }, seq: null })
    await primary.done('input', { handle: 1, viewer: 11, name: 'add', input: { by: 4 }, seq: null })
    const patch = await primary.done('catchUp', { handle: 1, viewer: 11, base: 5 })
    t.equal(patch.kind, 'patch')
    if (patch.kind === 'patch')
      t.match(JSON.parse(Buffer.from(patch.patch).toString()), { base: 5, tick: 6, changes: { count: 10 } })
    t.match(await primary.done('catchUp', { handle: 1, viewer: 11, base: 2 ** 30 }), { kind: 'snapshot', tick: 6 })
    t.match(await primary.done('catchUp', { handle: 1, viewer: 11, base: 6 }), { kind: 'current', tick: 6 })
    t.notOk((await primary.ask('enter', primary.entering(1, 12, 'alice'))) instanceof Refusal)
  },
)
