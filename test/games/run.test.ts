/** The step: what enters a room, and what comes of it. */
import t from 'tap'
import { defineGame, GameDefinitionError, type Game } from '../../src/games/define.ts'
import type { Room } from '../../src/games/definition.ts'
import type { Entry, Outcome } from '../../src/games/entries.ts'
import { decodeTick, encodeTick, JournalError } from '../../src/games/journal.ts'
import { refuse } from '../../src/games/refuse.ts'
import { GameRun } from '../../src/games/run.ts'
import { t as type } from '../../src/games/types.ts'
import { bought, input, join, START_MS, TestRoom } from './helpers/room.ts'

/** Says in each callback what it was told to, after it has changed what it can. */
function saboteur(callback: string, how: 'refuse' | 'throw' | 'null' | 'loop' | 'promise'): Game {
  const spoil = (name: string, state: { log: string[]; map: Record<string, number> }, room: Room): undefined => {
    state.log.push(name)
    state.map[`from-${name}`] = room.random()
    room.emit['said']?.(name as never)
    room.say('all', name)
    if (name !== callback) return undefined
    room.afterMs(1, 'late')
    room.lock()
    room.setTeam(room.seats[0]?.id ?? '', 'red')
    if (how === 'refuse') refuse('NO')
    if (how === 'throw') throw new Error('a mistake')
    if (how === 'null') Object.assign(state.map, { bad: null })
    if (how === 'loop') Object.assign(state, { map: { self: state } })
    return how === 'promise' ? (Promise.resolve() as unknown as undefined) : undefined
  }
  return defineGame({
    name: 'saboteur',
    version: 1,
    hz: 10,
    seats: { max: 4 },
    state: type.object({ log: type.array(type.string(40)), map: type.map(type.float64()) }),
    events: { said: type.string(40) },
    inputs: { go: { type: type.object({}) } },
    create: () => ({ log: [], map: {} }),
    join: (state, _seat, room) => spoil('join', state, room as Room),
    drop: (state, _seat, room) => spoil('drop', state, room as Room),
    back: (state, _seat, room) => spoil('back', state, room as Room),
    leave: (state, _seat, room) => spoil('leave', state, room as Room),
    bought: (state, _seat, _receipt, room) => spoil('bought', state, room as Room),
    on: { go: (state, _seat, _input, room) => spoil('on.go', state, room as Room) },
    timers: { late: (state, _args, room) => spoil('timers.late', state, room as Room) },
    tasks: { load: () => 1 },
    results: { load: (state, _result, room) => spoil('results.load', state, room as Room) },
    tick: (state, room) => spoil('tick', state, room as Room),
  })
}

/** What makes each callback run. */
const SCRIPT: readonly Entry[][] = [
  [join('ann'), join('bob')],
  [input('ann', 'go'), { kind: 'drop', user: 'ann' }, input('bob', 'go')],
  [{ kind: 'back', user: 'ann' }, bought('bob', 1, { count: 2 })],
  [{ kind: 'result', task: 'load', run: 1, value: 1 }, join('cat')],
  [{ kind: 'leave', user: 'bob', why: 'left' }, input('ann', 'go')],
]

t.test('all or nothing, in each callback, whatever it does and whatever stands before and behind it', async (t) => {
  for (const callback of ['join', 'drop', 'back', 'leave', 'bought', 'on.go', 'results.load', 'tick']) {
    for (const how of ['refuse', 'throw', 'null', 'loop', 'promise'] as const) {
      const room = new TestRoom(saboteur(callback, how))
      for (const entries of SCRIPT) {
        const { failures, effects, outcomes } = room.step(...structuredClone(entries))
        const state = room.state as { log: string[]; map: Record<string, number> }
        t.notOk(state.log.includes(callback), `${callback} ${how}: no trace in the state`)
        t.notOk(`from-${callback}` in state.map)
        t.notOk(
          effects.some((effect) => effect.kind === 'say' && effect.data === callback),
          'nor in the effects',
        )
        t.notOk(
          room.result?.events.some(([, data]) => data === callback),
          'nor in the events',
        )
        t.equal(room.run.isLocked, false)
        t.equal(room.run.nextDue, undefined, 'no timer')
        t.ok(room.run.seats.every(({ team }) => team === undefined))
        const mayRefuse = how === 'refuse' && (callback === 'join' || callback === 'on.go')
        if (mayRefuse) t.equal(failures.length, 0, 'a refusal is no failure')
        t.equal(outcomes.length, entries.length)
        entries.forEach((entry, i) => {
          if (nameOf(entry) !== callback) t.not(outcomes[i]?.kind, 'failed', 'the others are done')
        })
      }
      t.strictSame(room.seats, callback === 'join' ? [] : ['ann', 'cat'])
    }
  }
})

function nameOf(entry: Entry): string {
  if (entry.kind === 'input') return `on.${entry.name}`
  return entry.kind === 'result' ? `results.${entry.task}` : entry.kind
}

t.test('chance and the numbers of timers, bots and tasks are as before a callback that came to nothing', async (t) => {
  const play = (withRefusals: boolean) => {
    const room = new TestRoom(saboteur('on.go', 'refuse'))
    room.step(join('ann'))
    room.step(...(withRefusals ? [input('ann', 'go'), input('ann', 'go')] : []), join('bob'))
    return room.run.checkpoint()
  }
  t.strictSame(play(true), play(false))
})

const duel = defineGame({
  name: 'duel',
  version: 1,
  hz: 10,
  seats: { min: 2, max: 2, lateJoin: false },
  state: type.object({ hits: type.map(type.uint16()), phase: type.oneOf('play', 'over'), rolled: type.float64() }),
  inputs: { hit: { type: type.object({ by: type.uint8() }) }, win: { type: type.object({}) } },
  refusals: { NOT_HERE: 'you are not in the match' },
  create: () => ({ hits: {}, phase: 'play', rolled: 0 }),
  join(state, seat) {
    state.hits[seat.id] = 0
  },
  leave(state, seat) {
    delete state.hits[seat.id]
  },
  on: {
    hit(state, seat, { by }, room) {
      const hits = state.hits[seat.id]
      if (hits === undefined) refuse('NOT_HERE')
      state.hits[seat.id] = hits + by
      room.reply(hits + by)
    },
    win(state, seat) {
      if (seat.id === 'nobody') refuse('NO_SUCH_CODE')
      state.phase = 'over'
    },
  },
  tick(state, room) {
    state.rolled = room.random()
  },
  over: (state) =>
    state.phase === 'over' && { result: { winner: 'ann' }, rewards: [{ user: 'ann', currency: 'gold', amount: 5 }] },
})

t.test('seats: full, begun, over; all leave before the end, and nothing runs behind it', async (t) => {
  const room = new TestRoom(duel)
  t.match(room.step(join('ann'), join('ann'), join('guest-1', true), join('bob'), join('cat')).outcomes, [
    { kind: 'done' },
    { kind: 'done' },
    { kind: 'refused', code: 'FORBIDDEN' },
    { kind: 'done' },
    { kind: 'refused', code: 'ROOM_FULL' },
  ])
  t.match(room.step({ kind: 'leave', user: 'bob', why: 'left' }, join('cat')).outcomes, [
    { kind: 'done' },
    { kind: 'refused', code: 'ROOM_LOCKED' },
  ])
  t.match(room.step(input('ann', 'hit', { by: 3 }), input('bob', 'hit', { by: 3 }), input('ann', 'no')).outcomes, [
    { kind: 'done', value: 3 },
    { kind: 'refused', code: 'NOT_IN_ROOM' },
    { kind: 'refused', code: 'BAD_REQUEST' },
  ])
  const last = room.step(input('ann', 'win'), input('ann', 'hit', { by: 1 }))
  t.match(last.ending, { why: 'over', result: { winner: 'ann' }, rewards: [{ user: 'ann', amount: 5 }] })
  t.strictSame(room.seats, [])
  t.strictSame(room.state && (room.state as { hits: object }).hits, {})
  t.ok(last.effects.some((effect) => effect.kind === 'left' && effect.user === 'ann'))
  t.throws(() => room.step(), /over/)
})

t.test('an end answers what stands behind it, and ten failures in a row are one', async (t) => {
  const room = new TestRoom(duel)
  room.step(join('ann'))
  const outcomes: Outcome[] = [...room.step({ kind: 'end', why: 'ended' }, input('ann', 'hit', { by: 1 })).outcomes]
  t.match(outcomes, [{ kind: 'done' }, { kind: 'refused', code: 'ROOM_OVER' }])

  const failing = new TestRoom(saboteur('tick', 'throw'))
  failing.step(join('ann'))
  for (let i = 0; i < 8; i++) t.equal(failing.step(input('ann', 'go')).ending, undefined)
  t.match(failing.step().ending, { why: 'failed', result: null })
})

t.test('a join that fails costs who wants a seat, and ends no room, however often it is tried', async (t) => {
  const room = new TestRoom(saboteur('join', 'throw'))
  for (let i = 0; i < 50; i++) {
    const result = room.step(join('mallory'))
    t.match(result, { ending: undefined, outcomes: [{ kind: 'failed' }] })
  }
})

t.test(
  'timers run in the order in which they are due, and by the room’s clock where ticks have no length',
  async (t) => {
    const game = defineGame({
      name: 'clockwork',
      version: 1,
      hz: 0,
      seats: { max: 2 },
      inputs: { wind: { type: type.object({ ms: type.uint16(), name: type.string(8) }) } },
      create: () => ({ log: [] as string[] }),
      on: {
        wind(state, _seat, { ms, name }, room) {
          room.afterMs(ms, 'ring', { name })
          state.log.push(`${name}@${room.nowMs - START_MS}`)
        },
      },
      timers: {
        ring(state, { name }: { name: string }, room) {
          state.log.push(`${name}!${room.nowMs - START_MS}`)
        },
      },
    })
    const room = new TestRoom(game)
    room.at(10, join('ann'), input('ann', 'wind', { ms: 100, name: 'b' }), input('ann', 'wind', { ms: 50, name: 'a' }))
    t.equal(room.run.nextDue, START_MS + 60)
    room.at(60)
    room.at(55)
    room.at(500)
    t.strictSame(room.state, { log: ['b@10', 'a@10', 'a!60', 'b!500'] })
    t.equal(room.run.tick, 4)
  },
)

t.test('bots and kicks follow from a callback in its tick; without an end they are a failure', async (t) => {
  const game = defineGame({
    name: 'crowd',
    version: 1,
    hz: 10,
    seats: { max: 8 },
    inputs: { fill: { type: type.object({}) }, kick: { type: type.string(64) } },
    create: () => ({ joined: 0 }),
    join(state, seat, room) {
      state.joined++
      if (seat.bot === 'endless') room.kick(seat.id)
    },
    leave(_state, seat, room) {
      if (seat.bot === 'endless') room.addBot('endless')
    },
    on: {
      fill(_state, _seat, _input, room) {
        room.reply([room.addBot('calm'), room.addBot('calm')])
      },
      kick(_state, _seat, whom, room) {
        if (whom === 'endless') room.addBot('endless')
        else room.kick(whom, 'idle')
      },
    },
    bots: { calm: () => [], endless: () => [] },
  })
  const room = new TestRoom(game)
  room.step(join('ann'))
  t.match(room.step(input('ann', 'fill')).outcomes, [{ value: ['bot-1', 'bot-2'] }])
  t.strictSame(room.seats, ['ann', 'bot-1', 'bot-2'])
  t.match(room.step(input('ann', 'kick', 'bot-1')).effects, [{ kind: 'left', user: 'bot-1', why: 'idle' }])
  t.match(room.step(input('ann', 'kick', 'nobody')).outcomes, [{ kind: 'failed' }])
  t.match(room.step(input('ann', 'kick', 'endless')).failures, [{ callback: 'room' }])
})

t.test(
  'a room made from a checkpoint goes on as the one it was taken of, and so does a replay of the journal',
  async (t) => {
    const play = (room: GameRun, ticks: readonly (readonly Entry[])[]) => {
      for (const entries of ticks) room.step(structuredClone(entries) as Entry[], START_MS)
      return room.checkpoint()
    }
    const game = saboteur('none', 'throw')
    const ticks = [...SCRIPT, [], [input('ann', 'go')], [], [], [], [], [input('cat', 'go')], []]
    const whole = new TestRoom(game).run
    const expected = play(whole, ticks)
    for (let cut = 0; cut < ticks.length; cut++) {
      const first = new TestRoom(game).run
      const taken = JSON.parse(JSON.stringify(play(first, ticks.slice(0, cut)))) as typeof expected
      const records = ticks
        .slice(cut)
        .map((entries, i) => encodeTick({ tick: cut + i + 1, nowMs: 0, entries, hash: null }))
      const replayed = records.map((record) => decodeTick(record).entries)
      t.strictSame(play(GameRun.restore(game, taken), replayed), expected, `cut behind tick ${cut}`)
    }
    t.throws(() => decodeTick(Uint8Array.of(1, 2)), JournalError)
    t.throws(() => decodeTick(encodeTick({ tick: 1, nowMs: 0, entries: [], hash: null }).slice(0, 3)), JournalError)
  },
)

t.test(
  'a state that was handed out is a copy, and a reference kept on the side works for a second at most',
  async (t) => {
    let kept: { n: number } | undefined
    const game = defineGame({
      name: 'leaky',
      version: 1,
      hz: 10,
      seats: { max: 2 },
      state: type.object({ box: type.object({ n: type.uint32() }) }),
      create: () => ({ box: { n: 0 } }),
      join(state) {
        kept = state.box
      },
      tick() {
        if (kept) kept.n++
      },
      listing(state) {
        state.box.n = 99
        return { n: 1 }
      },
    })
    const room = new TestRoom(game)
    room.step(join('ann'))
    const handed = room.state as { box: { n: number } }
    handed.box.n = 77
    t.strictSame(room.state, { box: { n: 1 } })
    for (let i = 0; i < 30; i++) room.step()
    t.strictSame(room.state, { box: { n: 10 } }, 'until the tenth tick')
    t.throws(() => room.run.read('listing', game.rules.listing ?? (() => undefined)), /listing has changed the state/)
    t.strictSame(room.state, { box: { n: 10 } })
  },
)

t.test('a definition that is not right lists every mistake', async (t) => {
  const wrong = {
    name: 'No Name',
    version: 0,
    hz: 1000,
    seats: {
      max: 2,
      min: 3,
      fill: { afterMs: -1, bot: 'toString', to: 3, when: 1 },
      standIn: 'hard',
      colour: 1,
    },
    bots: { easy: () => [], hardest: 1 },
    inputs: { go: { type: type.object({}), keep: 'first' }, 'not a name': { type: type.object({}) } },
    on: { stay: () => {} },
    timers: { t: 3 },
    tick: async () => {},
    create: 1,
    colour: 1,
  }
  try {
    defineGame(wrong as never)
    t.fail('it was taken')
  } catch (error) {
    t.ok(error instanceof GameDefinitionError)
    const { mistakes } = error as GameDefinitionError
    for (const place of [
      'colour',
      'name',
      'version',
      'hz',
      'seats.min',
      'seats.fill.afterMs',
      'seats.fill.bot: one of bots: easy, hardest',
      'seats.fill.to',
      'seats.fill.when',
      'seats.standIn: one of bots: easy, hardest',
      'bots.hardest',
      'seats.colour',
      'inputs.go.keep',
      'on.go',
      'inputs.stay',
      'inputs.not a name',
      'timers.t',
      'tick',
      'create',
    ]) {
      t.ok(
        mistakes.some((mistake) => mistake.startsWith(place.includes(':') ? place : `${place}:`)),
        place,
      )
    }
  }
})
