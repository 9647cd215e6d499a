/** Bots beside the players: how they come and give way, what they see, what they may do, and what one that goes wrong costs. */
import t from 'tap'
import type { Json } from '../../src/games/definition.ts'
import { defineGame, refuse, t as type, type RoomFacts } from '../../src/games/index.ts'
import { TestPrimary } from './helpers/primary.ts'

/** What bots do, which the tests say. */
interface Mind {
  play: (view: never, seat: { readonly id: string }, room: RoomFacts) => unknown
}
const mind: Mind = { play: () => [] }
const nothing = (): readonly [] => []

const hall = defineGame({
  name: 'hall',
  version: 1,
  hz: 10,
  seats: { min: 2, max: 4, holdMs: 3_000, fill: { afterMs: 1_000, bot: 'eager', to: 3 }, standIn: 'eager' },
  state: type.object({
    steps: type.map(type.uint16()),
    /** By seat: what happened to it, with the tick. */
    past: type.map(type.array(type.string(24))),
    secret: type.uint16(),
    /** So much that a patch is smaller than a snapshot. */
    map: type.string(2_000),
  }),
  inputs: {
    step: { type: type.object({ by: type.uint8() }), keep: 'latest', perSecond: 5 },
    team: { type: type.object({ user: type.string(40), team: type.string(8) }) },
    lock: { type: type.object({}) },
  },
  create: () => ({ steps: {}, past: {}, secret: 7, map: 'x'.repeat(2_000) }),
  join(state, seat, room) {
    state.steps[seat.id] = 0
    ;(state.past[seat.id] ??= []).push(`join ${room.seats.length}`)
    if (seat.id === 'eve') refuse('NOT_WELCOME')
  },
  drop: (state, seat, room) => void state.past[seat.id]?.push(`drop ${room.tick}`),
  back: (state, seat, room) => void state.past[seat.id]?.push(`back ${room.tick}`),
  leave(state, seat) {
    delete state.steps[seat.id]
    state.past[seat.id]?.push('leave')
  },
  on: {
    step(state, seat, { by }, room) {
      state.steps[seat.id] = (state.steps[seat.id] ?? 0) + by
      state.past[seat.id]?.push(`step ${room.tick}`)
    },
    team: (_state, _seat, { user, team }, room) => room.setTeam(user, team),
    lock: (_state, _seat, _input, room) => room.lock(),
  },
  view: {
    key: (seat) => seat?.team ?? '',
    of: (state, key) => ({ ...state, secret: key === '' ? 0 : 7 }),
  },
  bots: {
    eager: (view, seat, room) => mind.play(view as never, seat, room) as [],
    idle: nothing,
  },
})

/** Two at a table, in turn; the bot answers at once. */
const table = defineGame({
  name: 'table',
  version: 1,
  hz: 0,
  seats: { max: 2, holdMs: 60_000, fill: { afterMs: 5_000, bot: 'quick' }, standIn: 'quick' },
  state: type.object({ turn: type.uint8(), moves: type.array(type.string(40)) }),
  inputs: { move: { type: type.object({}), perSecond: 2 }, pass: { type: type.object({}), perSecond: 100 } },
  create: () => ({ turn: 0, moves: [] }),
  on: {
    move(state, seat, _input, room) {
      if (room.seats[state.turn]?.id !== seat.id) refuse('NOT_YOUR_TURN')
      state.turn = 1 - state.turn
      state.moves.push(seat.id)
    },
    pass: (state) => void (state.turn = 1),
  },
  bots: { quick: (view, seat, room) => (room.seats[view.turn]?.id === seat.id ? [['move', {}]] : []) },
})

type State = Record<'steps', Record<string, number>> & Record<'past', Record<string, string[]>>

/** A host with a room, and alice in it by connection 11. */
async function open(t: Parameters<typeof TestPrimary.open>[0], game: typeof hall | typeof table, more = {}) {
  mind.play = nothing
  const primary = await TestPrimary.open(t, [hall, table], more)
  await primary.openRoom(1, game.name)
  await primary.done('enter', primary.entering(1, 11, 'alice'))
  const look = () => primary.done('inspect', { handle: 1 })
  return {
    primary,
    look,
    seats: async () => (await look()).seats.map(({ user }) => user),
    state: async () => (await look()).state as unknown as State,
    entries: () =>
      primary.of('record').flatMap(({ record }) => record.entries.map((one) => ({ ...one, tick: record.tick }))),
    input: (name: string, input: Json, viewer = 11) =>
      primary.ask('input', { handle: 1, viewer, name, input, seq: null }),
  }
}

t.test('bots take free seats when players have waited, and give way to those who come', async (t) => {
  const { primary, seats, look, state } = await open(t, hall)
  await primary.openRoom(2, 'hall')
  await primary.time.pass(900)
  t.strictSame(await seats(), ['alice'])
  await primary.time.pass(400)
  t.match((await look()).seats, [
    { user: 'alice', bot: null, fills: false },
    { user: 'bot-1', bot: 'eager', fills: true },
    { user: 'bot-2', bot: 'eager', fills: true },
  ])
  t.match(primary.of('listed').at(-1), { args: { listing: { seats: 3, bots: 2, yielding: 2 } } })
  t.equal((await primary.done('inspect', { handle: 2 })).seats.length, 0, 'bots do not play alone')

  t.match(await primary.ask('enter', primary.entering(1, 21, 'bob')), { seat: 'bob' })
  t.strictSame(await seats(), ['alice', 'bot-1', 'bob'], 'there are to be three')
  const { past } = await state()
  t.strictSame(past['bot-2'], ['join 3', 'leave'])
  t.strictSame(past['bob'], ['join 3'], 'the bot has left before the player joins')
  t.match(primary.of('effect').at(-1), { effect: { kind: 'left', user: 'bot-2', why: 'replaced' } })

  t.match(await primary.ask('enter', primary.entering(1, 31, 'eve')), { code: 'REFUSED' })
  t.strictSame(await seats(), ['alice', 'bot-1', 'bob'], 'a player whom the game does not want takes nobody’s place')
  t.strictSame((await state()).past['bot-1'], ['join 2'])

  for (const [viewer, user] of [
    [41, 'carol'],
    [51, 'dave'],
  ] as const)
    t.match(await primary.ask('enter', primary.entering(1, viewer, user)), { seat: user })
  t.strictSame(await seats(), ['alice', 'bob', 'carol', 'dave'])
  t.match(await primary.ask('enter', primary.entering(1, 61, 'frank')), { code: 'ROOM_FULL' })
  await primary.done('leave', { handle: 1, viewer: 51 })
  await primary.done('leave', { handle: 1, viewer: 41 })
  await primary.time.pass(1_300)
  t.strictSame(await seats(), ['alice', 'bob', 'bot-3'], 'they wait anew')
})

t.test('a bot that somebody outside has brought does not give way; a locked room is not filled', async (t) => {
  const { primary, seats, input } = await open(t, hall)
  for (let i = 0; i < 3; i++) await primary.done('addBot', { handle: 1, bot: 'idle' })
  t.match(await primary.ask('enter', primary.entering(1, 21, 'bob')), { code: 'ROOM_FULL' })
  await primary.done('removeBot', { handle: 1, seat: 'bot-1' })
  await primary.done('removeBot', { handle: 1, seat: 'bot-2' })
  await input('lock', {})
  await primary.time.pass(3_000)
  t.strictSame(await seats(), ['alice', 'bot-3'])
})

t.test('a room that goes on in another host has waited as long as it has', async (t) => {
  for (const [game, waitedMs, leftMs, to] of [
    [hall, 600, 600, 3],
    [table, 3_000, 2_100, 2],
  ] as const) {
    const { primary, seats } = await open(t, game)
    await primary.time.pass(waitedMs)
    t.strictSame(await seats(), ['alice'], game.name)
    const { checkpoint } = primary.of('checkpoint').at(-1) ?? { checkpoint: '' }
    const records = primary.of('record').map(({ bytes }) => bytes)
    primary.kill()
    const other = await TestPrimary.beside(t, primary, [hall, table])
    await other.done('restore', { handle: 1, checkpoint, records })
    await other.done('enter', other.entering(1, 11, 'alice', { isBack: true }))
    await other.time.pass(leftMs)
    t.equal((await other.done('inspect', { handle: 1 })).seats.length, to, game.name)
    other.kill()
  }
})

t.test('where ticks have no length bots come in time, and answer; also in the host that takes over', async (t) => {
  const { primary, input } = await open(t, table)
  await primary.time.pass(5_100)
  t.match(await input('move', {}), { tick: 3 })
  await primary.time.pass(10)
  const moves = async (from: TestPrimary) =>
    ((await from.done('inspect', { handle: 1 })).state as { moves: string[] }).moves
  t.strictSame(await moves(primary), ['alice', 'bot-1'])
  await input('move', {})
  // The host dies with the bot's answer in its hands.
  const { checkpoint } = primary.of('checkpoint').at(-1) ?? { checkpoint: '' }
  const records = primary
    .of('record')
    .filter(({ record }) => record.tick <= 5)
    .map(({ bytes }) => bytes)
  primary.kill()
  const other = await TestPrimary.beside(t, primary, [hall, table])
  await other.done('restore', { handle: 1, checkpoint, records })
  await other.time.pass(10)
  t.strictSame(await moves(other), ['alice', 'bot-1', 'alice', 'bot-1'])
})

t.test('what a bot wants to send too early it sends when it may, though no tick comes by itself', async (t) => {
  const { primary, input } = await open(t, table)
  await primary.time.pass(5_100)
  const moves = async () => ((await primary.done('inspect', { handle: 1 })).state as { moves: string[] }).moves.length
  for (let i = 0; i < 3; i++) {
    t.match(await input('pass', {}), { tick: Number })
    await primary.time.pass(10)
  }
  t.equal(await moves(), 2)
  await primary.time.pass(700)
  t.equal(await moves(), 3)
})

t.test('a bot stands in for a player who is gone, until the player is back', async (t) => {
  const { primary, look, state, input, entries } = await open(t, hall)
  mind.play = (_view, { id }) => (id === 'alice' ? [['step', { by: 1 }]] : [])
  await primary.time.pass(500)
  t.equal((await state()).steps['alice'], 0, 'a player who is there plays alone')
  await primary.done('exit', { handle: 1, viewer: 11 })
  await primary.time.pass(650)
  t.match((await look()).seats[0], { user: 'alice', isConnected: false, bot: null, standIn: 'eager' })
  const { steps } = await state()
  t.ok((steps['alice'] ?? 0) >= 4, `${steps['alice']} steps`)

  await primary.done('enter', primary.entering(1, 12, 'alice', { isBack: true }))
  t.match((await look()).seats[0], { isConnected: true, standIn: null })
  const before = (await state()).past['alice']?.length
  await primary.time.pass(500)
  t.equal((await state()).past['alice']?.length, before, 'nobody plays beside the player')
  for (let i = 0; i < 5; i++)
    t.match(await input('step', { by: 10 }, 12), { tick: Number }, 'the bot has used up none of it')
  const back = entries().find(({ kind }) => kind === 'back')?.tick
  t.ok(back)
  t.notMatch((await state()).past['alice'], [`step ${back}`], 'nor in the tick of the return')
  t.strictSame(
    entries().filter(({ kind, tick }) => kind === 'input' && tick === back),
    [],
  )
})

t.test('whoever comes back before the bot was heard, or gives the seat up, is not played for', async (t) => {
  const { primary, state } = await open(t, hall)
  mind.play = (_view, { id }) => (id === 'alice' ? [['step', { by: 1 }]] : [])
  await primary.done('exit', { handle: 1, viewer: 11 })
  await primary.time.until(() => primary.of('record').some(({ record }) => record.entries[0]?.kind === 'drop'), 1_000)
  primary.call('enter', primary.entering(1, 12, 'alice', { isBack: true }))
  await primary.time.pass(300)
  t.match(
    (await state()).past['alice']?.map((one) => one.split(' ')[0]),
    ['join', 'drop', 'back'],
  )
  await primary.done('exit', { handle: 1, viewer: 12 })
  await primary.time.pass(4_000)
  t.strictSame((await state()).past['alice']?.at(-1), 'leave', 'held too long')
})

t.test('a bot sees what its seat sees and no more, and can change none of it', async (t) => {
  const { primary, input, look } = await open(t, hall)
  const seen: { view: { secret: number; steps: object }; room: RoomFacts; id: string }[] = []
  mind.play = (view, { id }, room) => {
    seen.push({ view, id, room })
    return []
  }
  await input('team', { user: 'alice', team: 'red' })
  await primary.time.pass(1_300)
  const [one, two] = seen.slice(-2)
  t.ok(one && two)
  t.not(one?.id, two?.id)
  t.equal(one?.view, two?.view, 'what is the same is made once')
  t.match(one?.view, { secret: 0, steps: { alice: 0 } })
  for (const value of [one?.view, one?.view.steps, one?.room, one?.room.seats, one?.room.seats[0]])
    t.ok(Object.isFrozen(value))
  t.match(one?.room.seats, [{ id: 'alice', team: undefined, inventory: {} }], 'a team may be a secret')
  await input('team', { user: 'bot-1', team: 'blue' })
  await primary.time.pass(200)
  const own = seen.findLast(({ id }) => id === 'bot-1')
  t.match(own?.view, { secret: 7 })
  t.match(seen.findLast(({ id }) => id === 'bot-2')?.view, { secret: 0 })
  t.throws(() => Object.assign(own?.view ?? {}, { secret: 1 }), TypeError)
  t.throws(() => Object.assign(own?.view.steps ?? {}, { alice: 9 }), TypeError)
  t.match((await look()).state, { secret: 7, steps: { alice: 0 } })
})

t.test('a bot that goes wrong costs what it would have sent, and is told in words of its author', async (t) => {
  const { primary, look } = await open(t, hall)
  await primary.done('addBot', { handle: 1, bot: 'eager' })
  const wrong: readonly (readonly [play: Mind['play'], said: RegExp])[] = [
    [
      (view: { secret: number }) => {
        view.secret = 1
        return []
      },
      /a bot cannot change what it is given \(Cannot assign to read only property 'secret'/,
    ],
    [
      (view: { steps: Record<string, number> }) => {
        delete view.steps['alice']
        return []
      },
      /a bot cannot change what it is given \(Cannot delete/,
    ],
    [
      () => {
        throw new Error('a mistake')
      },
      /^a mistake$/,
    ],
    [() => 'step', /it gave no array/],
    [() => undefined, /it gave no array/],
    [() => [['step', { by: 1 }], 'step'], /an input is \[name, value\]/],
    [() => [['fly', {}]], /the game hall has no input "fly"/],
    [() => [['step', { by: 256 }]], /its input "step" does not fit: by: must be a whole number from 0 to 255/],
    [
      () => Array.from({ length: 17 }, () => ['step', { by: 1 }]),
      /it gave 17 inputs: at most 16 are allowed in one tick/,
    ],
  ]
  for (const [play, said] of wrong) {
    const lines = primary.lines.length
    mind.play = play
    await primary.time.until(() => primary.lines.length > lines, 2_000)
    mind.play = (_view, { id }) => (id === 'bot-1' ? [['step', { by: 1 }]] : [])
    t.match(primary.lines.at(-1)?.fields, { callback: 'bots.eager', game: 'hall', err: { message: said } })
    const before = ((await look()).state as unknown as State).steps['bot-1'] ?? 0
    await primary.time.pass(500)
    t.ok((((await look()).state as unknown as State).steps['bot-1'] ?? 0) > before, 'it plays on')
  }
  t.strictSame(primary.of('over'), [])
})

t.test('a bot that always goes wrong is left alone after ten times', async (t) => {
  const { primary, seats } = await open(t, hall)
  await primary.done('addBot', { handle: 1, bot: 'eager' })
  let asked = 0
  mind.play = (_view, { id }) => {
    if (id === 'bot-1') asked++
    throw new Error('a mistake')
  }
  await primary.time.pass(900)
  await primary.time.pass(2_000)
  t.equal(asked, 10)
  const said = primary.lines.map(({ fields }) => (fields['err'] as Error).message)
  t.ok(
    said.some((message) => /failed 10 times in a row, and is not asked any more for the seat of bot-1/.test(message)),
  )
  t.ok((await seats()).includes('bot-1'))
})

t.test(
  'bots of a room have so much time; those for whom there is none are left out, counted, and it is said once',
  async (t) => {
    const { primary } = await open(t, hall, { GAME_BOT_BUDGET: 10 })
    await primary.done('addBot', { handle: 1, bot: 'eager' })
    await primary.time.pass(1_300)
    const thought: Record<string, number> = {}
    mind.play = (_view, { id }) => {
      thought[id] = (thought[id] ?? 0) + 1
      primary.time.stall(15)
      return []
    }
    await primary.time.pass(10_000)
    // 100 ticks have 1,000 ms for bots, and each thought takes 15.
    const sum = Object.values(thought).reduce((a, b) => a + b, 0)
    t.ok(sum >= 60 && sum <= 68, `${sum} thoughts`)
    t.ok(
      ['bot-1', 'bot-2'].every((id) => (thought[id] ?? 0) >= 30),
      `each in turn: ${JSON.stringify(thought)}`,
    )
    const slow = primary.lines.filter(({ message }) => /thinks too long/.test(message))
    t.match(slow, [{ level: 'warn', fields: { game: 'hall', bot: 'eager', tookMs: 15, budgetMs: 10 } }])
    t.equal(slow.length, 1)
    const { metrics } = await primary.done('metrics', null)
    const counted = (metrics as { name: string; values: { value: number }[] }[]).find(
      ({ name }) => name === 'drumbeat_game_skipped_bots_total',
    )
    t.ok((counted?.values[0]?.value ?? 0) >= 130, JSON.stringify(counted))
  },
)

t.test('bots come in and go as somebody outside of the game wants', async (t) => {
  const { primary, seats } = await open(t, hall)
  const add = (bot: string) => primary.ask('addBot', { handle: 1, bot })
  t.match(await add('idle'), { seat: 'bot-1', tick: Number })
  t.match(await add('none'), { code: 'BAD_REQUEST', details: { path: 'bot' } })
  t.match(await add('toString'), { code: 'BAD_REQUEST' })
  t.match(await add('idle'), { seat: 'bot-2' })
  t.match(await add('idle'), { seat: 'bot-3' })
  t.match(await add('idle'), { code: 'ROOM_FULL' })
  const remove = (seat: string) => primary.ask('removeBot', { handle: 1, seat })
  t.match(await remove('alice'), { code: 'NOT_FOUND' })
  t.match(await remove('bot-9'), { code: 'NOT_FOUND' })
  t.equal(await remove('bot-2'), null)
  t.match(await remove('bot-2'), { code: 'NOT_FOUND' })
  t.match(await add('idle'), { seat: 'bot-4' }, 'what was refused uses no number up')
  t.strictSame(await seats(), ['alice', 'bot-1', 'bot-3', 'bot-4'])
  t.match(await primary.ask('addBot', { handle: 2, bot: 'idle' }), { code: 'ROOM_NOT_FOUND' })
})

t.test('a user under the name of a bot takes no seat, and is forgotten', async (t) => {
  const primary = await TestPrimary.open(t, [hall])
  await primary.openRoom(1, 'hall')
  t.match(await primary.ask('enter', primary.entering(1, 11, 'bot-1')), { code: 'FORBIDDEN' })
  await primary.done('addBot', { handle: 1, bot: 'idle' })
  t.match(await primary.ask('enter', primary.entering(1, 12, 'bot-1')), { code: 'FORBIDDEN' })
  await primary.time.pass(31_000)
  t.match(primary.of('over'), [{ args: { ending: { why: 'empty' } } }], 'nobody is waited for')
})

t.test('a reader who was behind is told in one patch what has become of the seats meanwhile', async (t) => {
  const { primary } = await open(t, hall)
  const { tick: base } = await primary.done('snapshot', { handle: 1, viewer: 11 })
  await primary.time.pass(1_300)
  const { seats } = await primary.done('snapshot', { handle: 1, viewer: 11 })
  t.strictSame(seats, {
    alice: { is_connected: true },
    'bot-1': { is_connected: true, bot: 'eager' },
    'bot-2': { is_connected: true, bot: 'eager' },
  })
  await primary.done('removeBot', { handle: 1, seat: 'bot-2' })
  await primary.time.pass(200)
  const caught = await primary.done('catchUp', { handle: 1, viewer: 11, base })
  const patch =
    caught.kind === 'patch' ? (JSON.parse(Buffer.from(caught.patch).toString()) as { seats: unknown }) : undefined
  t.strictSame(patch?.seats, { 'bot-1': { is_connected: true, bot: 'eager' } })
  const changes = primary.patches(1).map((one) => (one as { readonly seats?: unknown }).seats)
  t.strictSame(
    changes.filter((one) => one !== undefined),
    [
      { 'bot-1': { is_connected: true, bot: 'eager' }, 'bot-2': { is_connected: true, bot: 'eager' } },
      { 'bot-2': null },
    ],
  )
})
