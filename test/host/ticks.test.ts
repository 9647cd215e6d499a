/** The clock of rooms: when ticks run, what happens when they are late, and how a room goes on in another host. */
import t from 'tap'
import { defineGame, t as type } from '../../src/games/index.ts'
import { Phases } from '../../src/host/tick-clock.ts'
import { counter, turns } from './helpers/games.ts'
import { TestPrimary, type Heard } from './helpers/primary.ts'

const ticker = defineGame({
  name: 'ticker',
  version: 1,
  hz: 20,
  seats: { max: 4 },
  state: type.object({ ticks: type.uint32(), rolled: type.float64(), marks: type.array(type.uint32()) }),
  inputs: { mark: { type: type.object({}), perSecond: 1_000 } },
  create: () => ({ ticks: 0, rolled: 0, marks: [] }),
  on: { mark: (state, _seat, _input, room) => void state.marks.push(room.tick) },
  tick: (state, room) => {
    state.ticks++
    state.rolled = room.random()
  },
})

/** What may not differ between a room and the one that it was restored as. */
const checked = (heard: readonly Heard[]) =>
  heard.flatMap((item) =>
    item.what === 'record' && item.record.hash !== null ? [[item.record.tick, item.record.hash]] : [],
  )

t.test('tick n is due at start + n / hz, however long it goes on', async (t) => {
  const primary = await TestPrimary.open(t, [ticker], { ROOM_GAME_EMPTY: 3_600_000 })
  const startMs = await primary.openRoom(1, 'ticker')
  const { time } = primary
  for (const atMs of [1_000, 60_000, 600_000]) {
    await time.pass(startMs + atMs - time.clock.wallMs() + 5)
    t.equal((await primary.done('inspect', { handle: 1 })).tick, atMs / 50)
  }
  time.jumpWall(-3_600_000)
  await time.pass(1_000)
  t.equal((await primary.done('inspect', { handle: 1 })).tick, 12_020, 'the clock was set back, and no room noticed')
})

t.test('late ticks are made up for, five at once, and players are told when it was more than a second', async (t) => {
  const primary = await TestPrimary.open(t, [ticker])
  await primary.openRoom(1, 'ticker')
  const { tick } = await primary.done('enter', primary.entering(1, 11, 'alice'))
  await primary.time.pass(500)
  primary.take()
  primary.time.stall(3_000)
  await primary.time.pass(4)
  const firstPhase = primary.patches(1).map((patch) => patch.tick)
  t.equal(firstPhase.length, 5)
  t.match(primary.of('effect'), [{ effect: { kind: 'status', status: 'paused' } }])
  t.match(
    await primary.ask('input', { handle: 1, viewer: 11, name: 'mark', input: {}, seq: null }),
    { code: 'OVERLOADED' },
    'it is behind',
  )
  await primary.time.pass(300)
  t.match(
    primary.of('effect').map(({ effect }) => effect),
    [{ status: 'paused' }, { status: 'running' }],
  )
  const ticks = primary.patches(1).map((patch) => patch.tick)
  const first = ticks[0] ?? 0
  t.ok(first > tick)
  t.strictSame(
    ticks,
    Array.from(ticks, (_tick, i) => first + i),
    'none is left out, none is doubled',
  )
  t.ok(ticks.length >= 60)
  t.strictSame(
    primary.patches(1).map(({ base }) => base),
    ticks.map((tick) => tick - 1),
  )
})

t.test('a host that was behind takes new rooms again, also if its rooms are over', async (t) => {
  const primary = await TestPrimary.open(t, [ticker])
  await primary.openRoom(1, 'ticker')
  primary.call('end', { handle: 1 })
  await primary.time.pass(2)
  primary.time.stall(3_000)
  await primary.time.pass(10)
  t.equal(primary.of('over').length, 1)
  const open = {
    handle: 2,
    roomId: 'ticker:2',
    game: 'ticker',
    options: {},
    seed: 1,
    startMs: primary.time.clock.wallMs(),
  }
  t.match(await primary.ask('open', open), { code: 'OVERLOADED' })
  await primary.time.pass(1_000)
  t.match(await primary.ask('open', open), { startMs: Number })
})

t.test('rooms of one rate are spread over the phases of a tick, and share the wake-ups', async (t) => {
  const phases = new Phases()
  const starts = Array.from({ length: 30 }, () => {
    const startMs = phases.startOf(20, 1_000_000)
    phases.add(20, startMs)
    return startMs - 1_000_000
  })
  t.strictSame(
    starts,
    [...Array(3)].flatMap(() => [0, 5, 10, 15, 20, 25, 30, 35, 40, 45]),
  )
  phases.remove(20, 1_000_025)
  t.equal(phases.startOf(20, 1_000_000), 1_000_025, 'where one has gone there is room')
  t.equal(phases.startOf(0, 7), 7)
})

t.test(
  'a room goes on in another host as if nothing had been: the same hashes, no tick doubled, no input lost',
  async (t) => {
    const settings = { ROOM_GAME_EMPTY: 3_600_000 }
    const primary = await TestPrimary.open(t, [ticker], settings)
    const twin = await TestPrimary.beside(t, primary, [ticker], settings)
    const { time } = primary
    const startMs = time.clock.wallMs()
    const open = { handle: 1, roomId: 'ticker:1', game: 'ticker', options: {}, seed: 7, startMs }
    await Promise.all([primary, twin].map(async (host) => host.call('open', open)))
    for (const host of [primary, twin]) host.call('enter', host.entering(1, 11, 'alice'))
    await time.pass(120)
    for (let i = 0; i < 40; i++) {
      for (const host of [primary, twin]) host.call('input', { handle: 1, viewer: 11, name: 'mark', input: {}, seq: i })
      await time.pass(130)
    }
    const checkpoint = primary.of('checkpoint').at(-3)
    const before = checked(primary.heard)
    const records = primary.of('record').filter(({ record }) => record.tick > (checkpoint?.tick ?? 0))
    primary.kill()
    await time.pass(700)
    const other = await TestPrimary.beside(t, primary, [ticker], settings)
    await other.done('restore', {
      handle: 1,
      checkpoint: checkpoint?.checkpoint ?? '',
      records: records.map(({ bytes }) => bytes),
    })
    const entered = await other.done('enter', other.entering(1, 99, 'alice', { isBack: true }))
    const there = await twin.done('snapshot', { handle: 1, viewer: 11 })
    t.equal(entered.tick, there.tick, 'it is where it would be')
    t.equal(entered.state, there.state)
    await time.pass(3_000)
    t.strictSame(
      [...before, ...checked(other.heard).filter(([tick = 0]) => tick > (before.at(-1)?.[0] ?? 0))],
      checked(twin.heard),
    )
    t.strictSame(other.lines, [])
  },
)

t.test('a restored room whose ticks take long does not hold its host up, and misses none of them', async (t) => {
  let tickTakes = () => {}
  const slow = defineGame({
    name: 'slow',
    version: 1,
    hz: 20,
    seats: { max: 2 },
    state: type.object({ ticks: type.uint32() }),
    create: () => ({ ticks: 0 }),
    tick(state) {
      state.ticks++
      tickTakes()
    },
  })
  const primary = await TestPrimary.open(t, [slow])
  await primary.openRoom(1, 'slow')
  const { time } = primary
  await time.pass(1_500)
  const { checkpoint = '' } = primary.of('checkpoint').at(-1) ?? {}
  primary.kill()
  await time.pass(5_000)
  const other = await TestPrimary.beside(t, primary, [slow])
  tickTakes = () => time.stall(30)
  const askedMs = time.clock.wallMs()
  await other.done('restore', { handle: 1, checkpoint, records: [] })
  const stalledMs = time.clock.wallMs() - askedMs
  // Those that clients may have seen are fewer than those of a second.
  t.ok(stalledMs < 1_000, `some 100 ticks of 30 ms were due, and it was there after ${stalledMs} ms`)
  tickTakes = () => {}
  await time.pass(1_000)
  const { tick, state } = await other.done('enter', other.entering(1, 99, 'alice'))
  t.ok(tick > 140, 'it has caught up')
  t.strictSame(JSON.parse(state), { ticks: tick })
})

t.test('what clients have seen stays, however slow the host is that restores the room', async (t) => {
  let tickTakes = () => {}
  const slow = defineGame({
    name: 'slow',
    version: 1,
    hz: 20,
    seats: { max: 2 },
    state: type.object({ marks: type.array(type.uint32()) }),
    inputs: { mark: { type: type.object({}) } },
    create: () => ({ marks: [] }),
    on: { mark: (state, _seat, _input, room) => void state.marks.push(room.tick) },
    tick: () => tickTakes(),
  })
  const primary = await TestPrimary.open(t, [slow])
  await primary.openRoom(1, 'slow')
  await primary.done('enter', primary.entering(1, 11, 'alice'))
  const { time } = primary
  await time.pass(1_900)
  const { checkpoint = '', tick: from = 0 } = primary.of('checkpoint').at(-1) ?? {}
  const seen = (await primary.done('inspect', { handle: 1 })).tick
  const records = primary.of('record').filter(({ record }) => record.tick > from)
  t.ok(seen > from + 10 && records.length === 0, `tick ${seen} was seen; nothing entered since tick ${from}`)
  primary.kill()
  const other = await TestPrimary.beside(t, primary, [slow])
  tickTakes = () => time.stall(30)
  await other.done('restore', { handle: 1, checkpoint, records: [] })
  tickTakes = () => {}
  const back = other.done('enter', other.entering(1, 99, 'alice', { isBack: true }))
  await other.done('input', { handle: 1, viewer: 99, name: 'mark', input: {}, seq: null })
  await back
  const { marks } = JSON.parse((await other.done('snapshot', { handle: 1, viewer: 99 })).state) as { marks: number[] }
  t.ok(Number(marks[0]) > seen, `the input of now is of tick ${marks[0]}`)
  for (const { record } of other.of('record'))
    t.ok(record.tick > seen, `tick ${record.tick} got its entries afterwards`)
})

t.test('a replay that comes to another state is said loudly, and the room goes on', async (t) => {
  let global = 0
  const leaky = defineGame({
    name: 'leaky',
    version: 1,
    hz: 10,
    seats: { max: 2 },
    state: type.object({ n: type.uint32() }),
    create: () => ({ n: 0 }),
    tick: (state) => void (state.n = global++),
  })
  const primary = await TestPrimary.open(t, [leaky])
  await primary.openRoom(1, 'leaky')
  await primary.time.pass(2_500)
  const { checkpoint = '' } = primary.of('checkpoint')[0] ?? {}
  const records = primary.of('record').map(({ bytes }) => bytes)
  primary.kill()
  const other = await TestPrimary.beside(t, primary, [leaky])
  await other.done('restore', { handle: 1, checkpoint, records })
  t.match(other.lines, [
    { level: 'error', message: /another state in its replay/, fields: { tick: 10, room: 'leaky:r1' } },
    { fields: { tick: 20 } },
  ])
  const { metrics } = await other.done('metrics', null)
  t.match(
    (metrics as { name: string }[]).find(({ name }) => name === 'drumbeat_game_other_hashes_total'),
    { values: [{ value: 2 }] },
  )
  t.ok((await other.done('inspect', { handle: 1 })).tick >= 25)
  const changed = await TestPrimary.beside(t, primary, [leaky])
  await changed.done('restore', { handle: 1, checkpoint, records, isOtherCode: true })
  t.strictSame(changed.lines, [], 'of other code nothing else is to be expected')
})

t.test(
  'records between checkpoints have hashes, too, so that a replay from the newest checkpoint has something to be held against',
  async (t) => {
    let global = 0
    const leaky = defineGame({
      name: 'leaky',
      version: 1,
      hz: 20,
      seats: { max: 2 },
      state: type.object({ n: type.uint32() }),
      inputs: { nothing: { type: type.object({}) } },
      create: () => ({ n: 0 }),
      on: { nothing() {} },
      tick: (state) => void (state.n = global++),
    })
    const primary = await TestPrimary.open(t, [leaky])
    await primary.openRoom(1, 'leaky')
    await primary.done('enter', primary.entering(1, 11, 'alice'))
    const lastCheckpoint = () => primary.of('checkpoint').at(-1)
    await primary.time.until(() => (lastCheckpoint()?.tick ?? 0) >= 20, 5_000)
    for (let i = 0; i < 10; i++) {
      primary.call('input', { handle: 1, viewer: 11, name: 'nothing', input: {}, seq: i })
      await primary.time.pass(50)
    }
    const { tick: from = 0, checkpoint = '' } = lastCheckpoint() ?? {}
    const behind = primary.of('record').filter(({ record }) => record.tick > from)
    t.ok(behind.length > 5 && behind.length < 15)
    primary.kill()
    const other = await TestPrimary.beside(t, primary, [leaky])
    await other.done('restore', { handle: 1, checkpoint, records: behind.map(({ bytes }) => bytes) })
    t.match(other.lines, [
      { level: 'error', message: /another state in its replay/, fields: { tick: 25 } },
      { fields: { tick: 30 } },
    ])
  },
)

t.test('seats behind a restore: who comes again is there, who does not is dropped; holds go on', async (t) => {
  const primary = await TestPrimary.open(t, [counter])
  await primary.openRoom(1, 'counter')
  for (const [viewer, user] of [
    [11, 'alice'],
    [21, 'bob'],
    [31, 'cat'],
  ] as const)
    await primary.done('enter', primary.entering(1, viewer, user))
  await primary.done('exit', { handle: 1, viewer: 31 })
  await primary.time.pass(1_200)
  const { checkpoint = '', tick = 0 } = primary.of('checkpoint').at(-1) ?? {}
  const records = primary
    .of('record')
    .filter(({ record }) => record.tick > tick)
    .map(({ bytes }) => bytes)
  primary.kill()
  const other = await TestPrimary.beside(t, primary, [counter])
  await other.done('restore', { handle: 1, checkpoint, records })
  const entered = await other.done('enter', other.entering(1, 51, 'alice', { isBack: true }))
  t.match(JSON.parse(entered.state), { calls: ['join alice', 'join bob', 'join cat', 'drop cat'] })
  t.match(await other.ask('enter', other.entering(1, 52, 'dan', { isBack: true })), { code: 'NOT_IN_ROOM' })
  await other.time.pass(1_200)
  const calls = async () => ((await other.done('inspect', { handle: 1 })).state as { calls: string[] }).calls.slice(4)
  t.strictSame(await calls(), ['leave cat'], 'since it was lost, not since the restore')
  await other.time.pass(4_500)
  t.strictSame(await calls(), ['leave cat', 'drop bob'])
})

t.test('what was said is said again with its tick, and a room that was over is over', async (t) => {
  const primary = await TestPrimary.open(t, [counter])
  await primary.openRoom(1, 'counter')
  const { checkpoint = '' } = primary.of('checkpoint')[0] ?? {}
  await primary.done('enter', primary.entering(1, 11, 'alice'))
  await primary.done('input', { handle: 1, viewer: 11, name: 'say', input: {}, seq: null })
  await primary.done('input', { handle: 1, viewer: 11, name: 'end', input: {}, seq: null })
  const records = primary.of('record').map(({ bytes }) => bytes)
  const said = primary.of('effect')
  const over = primary.of('over')
  primary.kill()
  const other = await TestPrimary.beside(t, primary, [counter])
  await other.done('restore', { handle: 1, checkpoint, records })
  t.strictSame(other.of('effect'), said)
  t.strictSame(other.of('over'), over)
  t.match(await other.ask('inspect', { handle: 1 }), { code: 'ROOM_NOT_FOUND' })
})

t.test('a room is released behind its next tick, and goes on elsewhere from there', async (t) => {
  const primary = await TestPrimary.open(t, [ticker, turns])
  await primary.openRoom(1, 'ticker')
  await primary.openRoom(2, 'turns')
  await primary.done('enter', primary.entering(1, 11, 'alice'))
  await primary.time.pass(300)
  const { tick } = await primary.done('inspect', { handle: 1 })
  const released = await primary.done('release', { handle: 1 })
  t.equal(released.tick, tick + 1, 'the next one')
  t.match(await primary.ask('input', { handle: 1, viewer: 11, name: 'mark', input: {}, seq: null }), {
    code: 'ROOM_NOT_FOUND',
  })
  const other = await TestPrimary.beside(t, primary, [ticker, turns])
  await other.done('restore', { handle: 1, checkpoint: released.checkpoint, records: [] })
  const entered = await other.done('enter', other.entering(1, 99, 'alice', { isBack: true }))
  t.equal(entered.tick, released.tick)
  await other.time.pass(60)
  t.match(other.patches(1), [{ base: released.tick, tick: released.tick + 1 }])
  t.equal((await primary.done('release', { handle: 2 })).tick, 0, 'one without a tick rate at once')
})

t.test('a host that drains stops all its rooms, each with a checkpoint, and takes no new ones', async (t) => {
  const primary = await TestPrimary.open(t, [ticker])
  for (const handle of [1, 2, 3]) await primary.openRoom(handle, 'ticker')
  await primary.time.pass(400)
  primary.take()
  primary.call('drain', { withinMs: 10_000, graceMs: 0 })
  t.match(await primary.ask('open', { handle: 4, roomId: 'x', game: 'ticker', options: {}, seed: 1, startMs: 0 }), {
    code: 'DRAINING',
  })
  await primary.time.pass(1_000)
  const last = primary.of('checkpoint').map(({ handle, tick }) => [handle, tick >= 8 && tick <= 9] as const)
  t.strictSame(
    last.toSorted(([a], [b]) => a - b),
    [1, 2, 3].map((handle) => [handle, true]),
    'each behind its next tick',
  )
  t.equal(primary.heard.at(-1)?.what, 'reply')
  primary.take()
  await primary.time.pass(1_000)
  t.strictSame(primary.heard, [], 'it says no more')
})

t.test('a state of an older version is migrated; of a newer one, or without a way, it is refused', async (t) => {
  const before = defineGame({
    name: 'grown',
    version: 1,
    hz: 10,
    seats: { max: 2 },
    state: type.object({ a: type.uint8() }),
    create: () => ({ a: 3 }),
  })
  const after = defineGame({
    name: 'grown',
    version: 3,
    hz: 10,
    seats: { max: 2 },
    state: type.object({ c: type.uint8() }),
    create: () => ({ c: 0 }),
    migrate: { 1: (old) => ({ b: (old as { a: number }).a * 2 }), 2: (old) => ({ c: (old as { b: number }).b + 1 }) },
  })
  const without = defineGame({ name: 'grown', version: 2, hz: 10, seats: { max: 2 }, create: () => ({}) })
  const primary = await TestPrimary.open(t, [before])
  await primary.openRoom(1, 'grown')
  const { checkpoint = '' } = primary.of('checkpoint')[0] ?? {}
  const next = await TestPrimary.beside(t, primary, [after])
  await next.done('restore', { handle: 1, checkpoint, records: [] })
  t.strictSame((await next.done('inspect', { handle: 1 })).state, { c: 7 })
  const stuck = await TestPrimary.beside(t, primary, [without])
  t.match(await stuck.ask('restore', { handle: 1, checkpoint, records: [] }), {
    code: 'GAME_FAILED',
    message: /^the room is of version 1, and the game is version 2: migrate has no step from 1\. Add migrate: \{ 1:/,
  })
})
