/** A room on a clock by hand, as the test of a game's author uses it. */
import t from 'tap'
import { defineGame, refuse, t as type } from '../../../src/games/index.ts'
import { fuzz, replay, ReplayError, simulate } from '../../../src/games/testing/index.ts'
import tictactoe from '../../../src/samples/tictactoe.ts'
import { schema } from './schema.ts'

const arena = defineGame({
  name: 'arena',
  version: 2,
  hz: 20,
  seats: { min: 2, max: 3, holdMs: 2_000, guests: true, fill: { afterMs: 1_000, bot: 'easy', to: 2 } },
  options: type.object({ size: type.uint16() }),
  state: type.object({
    phase: type.oneOf('lobby', 'play', 'over'),
    size: type.uint16(),
    ships: type.map(type.object({ x: type.fixed(0, 100, 1 / 4), hp: type.uint8(), isHidden: type.boolean() })),
    loaded: type.string(20),
  }),
  inputs: {
    steer: { type: type.object({ dx: type.int8() }), keep: 'latest' },
    fire: { type: type.object({}) },
    hide: { type: type.object({}) },
    win: { type: type.object({}) },
    pay: { type: schema((value) => Number(value)) },
  },
  events: { boom: type.object({ x: type.uint16() }) },
  refusals: { NOT_YET: 'the match has not begun' },
  listing: ({ phase }) => ({ phase }),
  create: ({ size }, room) => {
    room.log('made', { size })
    return { phase: 'lobby', size, ships: {}, loaded: '' }
  },
  join(state, seat, room) {
    state.ships[seat.id] = { x: Math.floor(room.random() * 100), hp: seat.inventory['shield'] ?? 1, isHidden: false }
    if (room.seats.length >= 2) state.phase = 'play'
  },
  leave: (state, seat) => void delete state.ships[seat.id],
  bought(state, seat, { count }) {
    const ship = state.ships[seat.id]
    if (ship) ship.hp += count
  },
  on: {
    steer(state, seat, { dx }, room) {
      const ship = state.ships[seat.id]
      if (ship) ship.x = Math.max(0, Math.min(100, ship.x + dx))
      room.reply(ship?.x ?? 0)
    },
    fire(state, seat, _input, room) {
      if (state.phase === 'lobby') refuse('NOT_YET', { seats: room.seats.length })
      room.after(10, 'bomb', { owner: seat.id })
      room.say('all', 'fire in the hole')
      room.run('load', { of: seat.id })
    },
    hide(state, seat) {
      const ship = state.ships[seat.id]
      if (ship) ship.isHidden = true
    },
    win: (state) => void (state.phase = 'over'),
    pay(_state, _seat, amount) {
      throw new Error(`no money: ${amount}`)
    },
  },
  timers: {
    bomb: (state, { owner }: { owner: string }, room) => room.emit.boom({ x: Math.floor(state.ships[owner]?.x ?? 0) }),
  },
  tasks: { load: () => '' },
  results: {
    load: (state, result) => void (state.loaded = result.ok ? JSON.stringify(result.value) : `no ${result.error}`),
  },
  over: ({ phase }) => phase === 'over' && { result: { winner: 'ann' } },
  view: {
    key: (seat) => seat?.id ?? '',
    of: (state, key) => ({
      ...state,
      ships: Object.fromEntries(Object.entries(state.ships).filter(([id, { isHidden }]) => id === key || !isHidden)),
    }),
  },
  bots: { easy: (view, seat) => ((view.ships[seat.id]?.x ?? 0) < 50 ? [['steer', { dx: 1 }]] : []) },
})

const open = () => simulate(arena, { seed: 7, options: { size: 9 } })

t.test('what is sent enters at once, in a tick of its own, and is answered', async (t) => {
  const room = open()
  t.strictSame(room.join('ann'), { ok: true, tick: 1 })
  t.strictSame(room.input('ann', 'fire', {}), {
    ok: false,
    tick: 2,
    code: 'NOT_YET',
    message: 'the match has not begun',
    details: { seats: 1 },
  })
  t.match(room.join('guest-1', { guest: true, inventory: { shield: 4 } }), { ok: true, tick: 3 })
  t.equal(room.state.ships['guest-1']?.hp, 4)
  const x = room.state.ships['ann']?.x ?? 0
  t.strictSame(room.input('ann', 'steer', { dx: 2 }), { ok: true, tick: 4, value: x + 2 })
  t.match(room.input('ann', 'steer', { dx: 200 }), { ok: false, tick: 4, code: 'BAD_REQUEST', message: /^dx: / })
  t.match(room.input('ann', 'fly' as never, {} as never), { ok: false, code: 'BAD_REQUEST', message: /no input "fly"/ })
  t.match(room.input('eve', 'fire', {}), { code: 'NOT_IN_ROOM' })
  t.match(room.join('cat'), { ok: true })
  t.match(room.join('dan'), { code: 'ROOM_FULL' })
  t.equal(room.ticks, 7)
  t.throws(() => Object.assign(room.state.ships, { eve: 1 }), TypeError, 'the state is a copy that nobody can change')
  t.strictSame(room.failures, [])
  t.throws(() => simulate(arena, { options: { size: -1 } }), /size: /)
  t.throws(() => simulate(arena), /size: /)
})

t.test('time passes by hand: ticks, timers, events, tasks, and what was said and logged', async (t) => {
  const room = open()
  room.join('ann')
  room.join('bob')
  t.strictSame(
    room.logs,
    [{ tick: 1, message: 'made', data: { size: 9 } }],
    'what create asked for comes with the first tick',
  )
  room.input('bob', 'fire', {})
  t.strictSame(room.said, [{ tick: 3, to: 'all', data: 'fire in the hole' }])
  room.tick(9)
  t.strictSame(room.events, [])
  room.advance(49)
  t.strictSame(room.events, [])
  room.advance(1)
  t.match(room.events, [{ tick: 13, name: 'boom' }])
  t.match(room.tasks, [{ run: 1, task: 'load', args: { of: 'bob' } }])
  room.resolveTask('load', 'map')
  t.equal(room.state.loaded, '"map"')
  t.throws(() => room.resolveTask('load', 'map'), /no task "load" waits/)
  room.input('ann', 'fire', {})
  room.failTask(2, 'disk')
  t.equal(room.state.loaded, 'no disk')
  t.match(room.buy('ann', 'shield', { count: 3 }), { ok: true })
  t.equal(room.state.ships['ann']?.hp, 4)
})

t.test('seats are held, ended and filled as a server does it', async (t) => {
  const room = open()
  room.join('ann')
  room.advance(1_000)
  t.strictSame(
    room.seats.map(({ id }) => id),
    ['ann', 'bot-1'],
    'a bot fills the seat',
  )
  room.joinBot('easy')
  room.drop('ann')
  t.equal(room.seats[0]?.isConnected, false)
  room.advance(1_900)
  t.match(room.join('ann'), { ok: true }, 'to join is to be back')
  t.equal(room.seats[0]?.isConnected, true)
  room.drop('ann')
  room.advance(2_000)
  t.match(room.left, [{ user: 'ann', why: 'held too long' }])
  room.advance(10_000)
  const xs = Object.values(room.state.ships).map(({ x }) => x)
  t.ok(xs.length === 2 && xs.every((x) => x >= 50) && xs.includes(50), `the bots have steered to ${xs.join()}`)
})

t.test('a bot that fills a seat gives way, and one stands in for a player who is gone', async (t) => {
  const stand = defineGame({
    name: 'stand',
    version: 1,
    hz: 10,
    seats: { max: 2, holdMs: 5_000, fill: { afterMs: 500, bot: 'steady' }, standIn: 'steady' },
    state: type.object({ steps: type.map(type.uint16()) }),
    inputs: { step: { type: type.object({ by: type.uint8() }) } },
    create: () => ({ steps: {} }),
    join(state, seat) {
      if (seat.id === 'eve') refuse('NOT_YOU')
      state.steps[seat.id] = 0
    },
    leave: (state, seat) => void delete state.steps[seat.id],
    on: { step: (state, seat, { by }) => void (state.steps[seat.id] = (state.steps[seat.id] ?? 0) + by) },
    bots: { steady: () => [['step', { by: 1 }]] },
  })
  const room = simulate(stand)
  room.join('ann')
  room.advance(500)
  t.strictSame(
    room.seats.map(({ id, fills }) => [id, fills]),
    [
      ['ann', false],
      ['bot-1', true],
    ],
  )
  t.match(room.join('eve'), { code: 'NOT_YOU' })
  t.equal(room.state.steps['bot-1'], 1, 'it has never gone')
  t.match(room.join('bob'), { ok: true })
  t.match(room.left, [{ user: 'bot-1', why: 'replaced' }])
  room.drop('ann')
  room.tick(5)
  t.equal(room.state.steps['ann'], 5)
  room.together(() => {
    room.back('ann')
    room.input('ann', 'step', { by: 100 })
  })
  t.equal(room.state.steps['ann'], 105, 'no step of the bot in that tick')
  room.tick(5)
  t.equal(room.state.steps['ann'], 105)
  t.strictSame(room.failures, [])
  t.strictSame(room.replay().state, room.state)
  fuzz(stand, { seeds: 10 })
})

t.test('what is sent together enters in one tick, and of the latest only the newest', async (t) => {
  const room = open()
  room.together(() => {
    room.join('ann')
    room.join('bob')
  })
  t.equal(room.ticks, 1)
  const x = room.state.ships['ann']?.x ?? 0
  const replies: unknown[] = []
  room.together(() => {
    replies.push(
      room.input('ann', 'steer', { dx: 5 }),
      room.input('bob', 'fire', {}),
      room.input('ann', 'steer', { dx: 1 }),
    )
  })
  t.strictSame(replies, [
    { ok: true, tick: 2, value: x + 1 },
    { ok: true, tick: 2 },
    { ok: true, tick: 2, value: x + 1 },
  ])
})

t.test('each sees what its view gives, as it comes to clients', async (t) => {
  const room = open()
  room.join('ann')
  room.join('bob')
  room.input('bob', 'hide', {})
  const shipsOf = (view: unknown) => Object.keys((view as { ships: object }).ships)
  t.strictSame(shipsOf(room.view('ann')), ['ann'])
  t.strictSame(shipsOf(room.view('bob')), ['ann', 'bob'])
  t.strictSame(shipsOf(room.view()), ['ann'])
  t.strictSame(room.view('bob'), room.state)
  room.tick(40)
  t.strictSame(room.view('bob'), room.state)
  t.strictSame(room.listing, { phase: 'play' })
  t.throws(() => room.view('eve'), /eve has no seat/)
})

t.test('a callback that throws is a failure, and an end answers what comes behind it', async (t) => {
  const room = open()
  room.join('ann')
  room.join('bob')
  t.match(room.input('ann', 'pay', 3), { ok: false, code: 'GAME_FAILED', message: /on\.pay: Error: no money: 3/ })
  t.match(room.failures, [{ tick: 3, callback: 'on.pay', error: /no money/ }])
  t.equal(room.result, undefined)
  room.input('ann', 'win', {})
  t.strictSame(room.result, { winner: 'ann' })
  t.match(room.ending, { why: 'over', rewards: [] })
  t.strictSame(
    room.left.map(({ user }) => user),
    ['ann', 'bob'],
  )
  t.match(room.input('ann', 'win', {}), { ok: false, tick: 4, code: 'ROOM_OVER' })
  room.tick(5)
  t.equal(room.ticks, 4)
})

t.test('a room goes on from a checkpoint, and comes out of its journal again', async (t) => {
  const room = open()
  room.join('ann')
  room.join('bob')
  room.input('ann', 'fire', {})
  room.tick(5)
  const other = room.restore(room.checkpoint())
  for (const each of [room, other]) {
    each.tick(30)
    each.input('ann', 'steer', { dx: 3 })
  }
  t.strictSame(other.checkpoint(), room.checkpoint())
  t.strictSame(other.tasks, room.tasks)
  t.throws(() => other.journal, /no journal/)
  const again = room.replay()
  t.strictSame(again.checkpoint(), room.checkpoint())
  t.match(again.input('bob', 'fire', {}), { ok: true }, 'and is played on')
  const otherArena = {
    ...arena,
    rules: { ...arena.rules, leave: () => {}, tick: (state: unknown) => void ((state as { size: number }).size = 1) },
  }
  t.throws(() => replay(otherArena, room.journal), ReplayError)
  t.throws(() => replay(tictactoe, room.journal), /a recording of arena, version 2: the game is tictactoe/)
})

t.test('a game without ticks runs when something comes in: time passes in between', async (t) => {
  const room = simulate(tictactoe)
  room.join('ann')
  room.join('bob')
  t.equal(room.state.phase, 'playing')
  t.match(room.input('bob', 'place', { cell: 0 }), { code: 'NOT_YOUR_TURN' })
  t.throws(() => room.tick(), /use advance/)
  room.advance(29_000)
  room.input('ann', 'place', { cell: 0 })
  room.advance(29_999)
  t.equal(room.ending, undefined)
  room.advance(1)
  t.strictSame(room.result, { how: 'time', winner: 'ann' })
})

t.test('what a bot is refused is there to look at, and a code that is not declared is a failure', async (t) => {
  const game = defineGame({
    name: 'hill',
    version: 1,
    hz: 10,
    seats: { max: 2 },
    state: type.object({ steps: type.uint16() }),
    inputs: { up: { type: type.object({ by: type.uint8() }) } },
    refusals: { TOO_STEEP: 'one step at a time' },
    create: () => ({ steps: 0 }),
    on: {
      up(state, _seat, { by }) {
        state.steps += by
        if (by === 2) refuse('TOO_STEEP', { by })
        if (by === 3) refuse('TOO_LATE')
      },
    },
    bots: {
      climber: (_view, _seat, { tick }) => [
        ['up', { by: 1 }],
        ['up', { by: tick < 4 ? 2 : 3 }],
      ],
    },
  })
  const room = simulate(game)
  room.join('ann')
  t.equal(room.input('ann', 'up', { by: 2 }).code, 'TOO_STEEP')
  t.strictSame(room.refusals, [], 'ann has a reply')
  const id = room.joinBot('climber').ok ? room.seats[1]?.id : ''
  room.tick(3)
  const refused = { user: id, input: 'up', code: 'TOO_STEEP', message: 'one step at a time', details: { by: 2 } }
  t.strictSame(room.refusals, [{ tick: 4, ...refused }])
  t.equal(room.state.steps, 3, 'what it was allowed to do is done')
  t.match(room.failures[0], { callback: 'on.up', error: { message: 'refuse("TOO_LATE"): it is not in refusals' } })
})

t.test('bots answer at once where there are no ticks', async (t) => {
  const room = simulate(tictactoe)
  room.join('ann')
  room.advance(10_000)
  t.equal(room.seats[1]?.bot, 'careful')
  room.input('ann', 'place', { cell: 0 })
  t.equal(room.state.cells[4], 'o')
  t.equal(room.state.turn, 'x')
  t.strictSame(room.failures, [])
})
