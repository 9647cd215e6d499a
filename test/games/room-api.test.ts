/** What a callback asks of its room, and what leaves the room: all or nothing, and nobody outside holds a part of the state. */
import t from 'tap'
import { defineGame } from '../../src/games/define.ts'
import type { Room } from '../../src/games/definition.ts'
import { refuse } from '../../src/games/refuse.ts'
import { GameRun } from '../../src/games/run.ts'
import { t as type } from '../../src/games/types.ts'
import { View } from '../../src/games/views.ts'
import { input, join, START_MS, TestRoom } from './helpers/room.ts'

const base = { version: 1, hz: 10, seats: { max: 4 } } as const

t.test('what create asks for is done with the first tick, also behind a checkpoint, and once', async (t) => {
  const game = defineGame({
    ...base,
    name: 'loads',
    create: (_options, room) => {
      room.run('load', { map: 'sea' })
      room.say('all', 'hello')
      room.log('made')
      return { n: 0 }
    },
    tasks: { load: () => 1 },
  })
  const expected = [
    { kind: 'task', run: 1, task: 'load', args: { map: 'sea' } },
    { kind: 'say', to: 'all', data: 'hello' },
    { kind: 'log', message: 'made' },
  ]
  const room = new TestRoom(game)
  const restored = GameRun.restore(game, JSON.parse(JSON.stringify(room.run.checkpoint())) as never)
  t.match(room.step().effects, expected)
  t.strictSame(room.step().effects, [])
  t.match(restored.step([], START_MS).effects, expected)
  t.strictSame(restored.step([], START_MS).effects, [])
})

t.test('a room that create ends is none', async (t) => {
  const create = (_options: unknown, room: Room) => {
    room.end()
    return { n: 0 }
  }
  const game = defineGame({ ...base, name: 'ended', create })
  t.throws(() => new TestRoom(game), /room\.end in create: call refuse instead/)
})

t.test('what a callback asked for that came to nothing does not count for the others of the tick', async (t) => {
  const game = defineGame({
    ...base,
    name: 'chatty',
    events: { said: type.uint8() },
    inputs: { say: { type: type.object({ count: type.uint16(), isRefused: type.boolean() }) } },
    create: () => ({ n: 0 }),
    on: {
      say(_state, _seat, { count, isRefused }, room) {
        for (let i = 0; i < count; i++) room.emit.said(1)
        if (isRefused) refuse('NO')
      },
    },
  })
  const room = new TestRoom(game)
  room.step(join('ann'))
  const say = (count: number, isRefused: boolean) => input('ann', 'say', { count, isRefused })
  const { outcomes, events } = room.step(say(900, true), say(900, true), say(900, false), say(200, false))
  t.match(
    outcomes.map(({ kind }) => kind),
    ['refused', 'refused', 'done', 'failed'],
    'there may be 1,000 events in a tick',
  )
  t.equal(events.length, 900)
})

t.test('over gives a copy, which the leaves behind it do not change; what is no result is a failure', async (t) => {
  const game = (rewards: () => unknown) =>
    defineGame({
      ...base,
      name: 'scores',
      state: type.object({ scores: type.map(type.uint8()), isOver: type.boolean() }),
      inputs: { end: { type: type.object({}) } },
      create: () => ({ scores: {}, isOver: false }),
      join: (state, seat) => void (state.scores[seat.id] = 7),
      leave: (state, seat) => void delete state.scores[seat.id],
      on: { end: (state) => void (state.isOver = true) },
      over: (state) => state.isOver && { result: state.scores, rewards: rewards() as never },
    })
  const room = new TestRoom(game(() => [{ user: 'ann', currency: 'gold', amount: 5 }]))
  room.step(join('ann'), join('bob'))
  const { ending } = room.step(input('ann', 'end'))
  t.strictSame(ending, {
    why: 'over',
    result: { ann: 7, bob: 7 },
    rewards: [{ user: 'ann', currency: 'gold', amount: 5 }],
  })
  for (const wrong of [[{ user: 'ann', currency: 'gold', amount: 0.5 }], [{ user: 'ann' }], 'all', [null]]) {
    const failing = new TestRoom(game(() => wrong))
    failing.step(join('ann'))
    const result = failing.step(input('ann', 'end'))
    t.match(result.failures, [{ callback: 'over' }])
    t.equal(result.ending, undefined)
  }
})

t.test('failures of over end the room when ten follow each other, and not before', async (t) => {
  const game = defineGame({
    ...base,
    name: 'moody',
    create: () => ({ n: 0 }),
    tick: (state) => void state.n++,
    over(state) {
      if (state.n % 6 !== 0 && state.n < 100) throw new Error('not now')
      return false
    },
  })
  const room = new TestRoom(game)
  for (let i = 0; i < 60; i++) t.equal(room.step().ending, undefined)
})

t.test('details of a refusal are a copy; what is no JSON is a failure', async (t) => {
  let details: unknown
  const game = defineGame({
    ...base,
    name: 'refuser',
    inputs: { go: { type: type.object({}) } },
    create: () => ({ list: [1] }),
    on: {
      go(state) {
        if (details === undefined) refuse('NO', state.list)
        refuse('NO', details)
      },
    },
  })
  const room = new TestRoom(game)
  room.step(join('ann'))
  const [outcome] = room.step(input('ann', 'go')).outcomes
  t.match(outcome, { kind: 'refused', code: 'REFUSED', details: { code: 'NO', details: [1] } })
  const given = outcome?.kind === 'refused' ? (outcome.details?.['details'] as number[]) : []
  given.push(2)
  t.strictSame(room.state, { list: [1] })
  const cycle: { self?: unknown } = {}
  cycle.self = cycle
  for (const wrong of [cycle, null, () => {}, 1n, { at: new Date(0) }]) {
    details = wrong
    t.match(room.step(input('ann', 'go')).failures, [{ callback: 'on.go', error: /refuse\("NO"\): its details/ }])
  }
})

t.test('a room that was kept on the side can be read elsewhere, and nothing more', async (t) => {
  let kept: Room | undefined
  const attempts: Record<string, (room: Room) => unknown> = {
    random: (room) => room.random(),
    emit: (room) => room.emit['ping']?.(1 as never),
    afterMs: (room) => room.afterMs(1, 'later'),
    addBot: (room) => room.addBot('idle'),
    run: (room) => room.run('load'),
    lock: (room) => room.lock(),
    reply: (room) => room.reply(1),
    end: (room) => room.end(),
  }
  let attempt = ''
  const game = defineGame({
    ...base,
    name: 'keeper',
    state: type.object({ n: type.uint32() }),
    events: { ping: type.uint8() },
    create: (_options, room) => {
      kept = room as unknown as Room
      return { n: 0 }
    },
    timers: { later: () => {} },
    tasks: { load: () => 1 },
    bots: { idle: () => [] },
    listing: () => (kept ? void attempts[attempt]?.(kept) : undefined),
    tick: (state) => void state.n++,
  })
  const room = new TestRoom(game)
  room.step(join('ann'))
  const before = room.run.checkpoint()
  for (attempt of Object.keys(attempts)) {
    t.throws(() => room.run.read('listing', (state) => game.rules.listing?.(state)), /outside of the callback/, attempt)
  }
  t.strictSame(room.run.checkpoint(), before)
  const { tick, effects, events } = room.step()
  t.strictSame([kept?.tick, effects, events, room.seats, room.run.isLocked], [tick, [], [], ['ann'], false])
})

t.test('what is asked for is of its type, also where the game is plain JavaScript', async (t) => {
  const wrong: Record<string, (room: Room) => unknown> = {
    setTeam: (room) => room.setTeam('ann', { a: 1 } as never),
    say: (room) => room.say(7 as never, 'hello'),
    log: (room) => room.log(7 as never),
    kick: (room) => room.kick('ann', 7 as never),
  }
  const game = defineGame({
    ...base,
    name: 'sloppy',
    inputs: { go: { type: type.string(10) } },
    create: () => ({ n: 0 }),
    on: { go: (_state, _seat, name, room) => void wrong[name]?.(room as unknown as Room) },
  })
  const room = new TestRoom(game)
  room.step(join('ann'))
  for (const name of Object.keys(wrong)) {
    t.match(room.step(input('ann', 'go', name)).failures, [{ callback: 'on.go', error: TypeError }], name)
  }
  t.strictSame(room.seats, ['ann'])
})

t.test('a timer that sets itself anew in no time runs a millisecond later', async (t) => {
  const game = defineGame({
    ...base,
    hz: 0,
    name: 'spinner',
    create: (_options, room) => {
      room.afterMs(0, 'again')
      return { n: 0 }
    },
    timers: {
      again(state, _args, room) {
        state.n++
        room.afterMs(0, 'again')
      },
    },
  })
  const room = new TestRoom(game)
  t.equal(room.run.nextDue, START_MS + 1)
  room.at(1)
  t.equal(room.run.nextDue, START_MS + 2)
})

t.test('a view whose type is coarser than the state’s leaves the state as it is', async (t) => {
  const game = defineGame({
    ...base,
    name: 'coarse',
    state: type.object({ ships: type.map(type.object({ x: type.float64() })) }),
    create: () => ({ ships: { ann: { x: 1.25 } } }),
    tick(state) {
      for (const ship of Object.values(state.ships)) ship.x += 0.5
    },
    view: {
      type: type.object({ ships: type.map(type.object({ x: type.fixed(0, 100, 1) })) }),
      key: () => '',
      of: (state) => ({ ships: state.ships }),
    },
  })
  const room = new TestRoom(game)
  const view = new View(room.run, '', { number: 0, ticksKept: 20 })
  for (let i = 0; i < 3; i++) {
    room.step()
    view.advance(false)
  }
  t.strictSame(room.state, { ships: { ann: { x: 2.75 } } })
  t.strictSame(view.shape.thaw(view.tree), { ships: { ann: { x: 3 } } })
})
