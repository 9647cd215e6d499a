/** What connections see where a game has a view: one patch for all with the same key, and another one when the key of a seat changes. */
import t from 'tap'
import { defineGame, t as type } from '../../src/games/index.ts'
import { TestPrimary } from './helpers/primary.ts'

const teams = defineGame({
  name: 'teams',
  version: 1,
  hz: 10,
  seats: { max: 4 },
  state: type.object({ red: type.uint16(), blue: type.uint16(), isBroken: type.boolean() }),
  inputs: {
    go: { type: type.object({}) },
    team: { type: type.object({ team: type.string(8) }) },
    break: { type: type.object({}) },
  },
  create: () => ({ red: 0, blue: 0, isBroken: false }),
  join: (_state, seat, room) => room.setTeam(seat.id, 'red'),
  on: {
    go: (state, seat) => void state[seat.team === 'red' ? 'red' : 'blue']++,
    team: (_state, seat, { team }, room) => room.setTeam(seat.id, team),
    break: (state) => void (state.isBroken = true),
  },
  view: {
    type: type.object({ score: type.uint16() }),
    key: (seat) => seat?.team ?? 'red',
    of: (state, key) => {
      if (state.isBroken) throw new Error('fog')
      return { score: key === 'red' ? state.red : state.blue }
    },
  },
})

const input = (viewer: number, name: string, value: object = {}) =>
  ({ handle: 1, viewer, name, input: value, seq: null }) as const

t.test('those with the same key have one patch, and who gets another key is told to look anew', async (t) => {
  const primary = await TestPrimary.withTwo(t, teams)
  await primary.done('input', input(11, 'go'))
  t.match(
    primary.patches(1).map(({ changes }) => changes),
    [{ score: 1 }],
  )
  t.equal(primary.of('patch').length, 1)
  primary.take()
  await primary.done('input', input(21, 'team', { team: 'blue' }))
  t.match(
    primary.of('effect').map(({ effect }) => effect),
    [{ kind: 'view', viewer: 21 }],
  )
  const seen = await primary.done('snapshot', { handle: 1, viewer: 21 })
  t.match(JSON.parse(seen.state), { score: 0 })
  primary.take()
  await primary.done('input', input(21, 'go'))
  t.match(
    primary.of('patch').map(({ view, base }) => [view, base]),
    [[seen.view, seen.tick]],
    'it fits the snapshot, and red hears nothing of it',
  )
})

t.test('whoever comes to see something else in a tick with news gets no patch of that tick', async (t) => {
  const primary = await TestPrimary.withTwo(t, teams)
  await primary.done('input', { ...input(21, 'team', { team: 'blue' }), seq: 7 })
  await primary.time.pass(1_000)
  t.strictSame(
    primary.of('patch').filter(({ tick, base }) => tick <= base),
    [],
  )
})

t.test('a view that fails is said, costs its patches, and after ten in a row the room', async (t) => {
  const primary = await TestPrimary.withTwo(t, teams)
  await primary.done('input', input(11, 'break'))
  t.match(primary.lines[0], { level: 'error', fields: { callback: 'view', err: { message: 'fog' } } })
  t.strictSame(primary.of('patch'), [])
  t.match(
    await primary.ask('enter', primary.entering(1, 31, 'carol')),
    { seat: 'carol' },
    'what was seen before is there',
  )
  t.match(await primary.ask('enter', primary.entering(1, 32, 'dan', { as: 'spectator' })), { seat: null })
  await primary.time.pass(2_000)
  t.match(primary.of('over'), [{ args: { ending: { why: 'failed' } } }])
})
