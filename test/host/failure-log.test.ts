/** What an author finds in the log when a game has failed. */
import t from 'tap'
import { FailureLog } from '../../src/host/failure-log.ts'
import { defineGame, t as types } from '../../src/games/index.ts'
import { simulate } from '../../src/games/testing/index.ts'
import { NO_LOG } from '../helpers/no-log.ts'

const game = defineGame({
  name: 'faulty',
  version: 1,
  hz: 0,
  seats: { max: 2 },
  state: types.object({ players: types.map(types.object({ coins: types.uint8() })) }),
  inputs: { spend: { type: types.object({}) }, crash: { type: types.object({}) }, bang: { type: types.object({}) } },
  events: { boom: types.object({ x: types.uint8() }) },
  create: () => ({ players: {} }),
  join: (state, seat) => void (state.players[seat.id] = { coins: 0 }),
  on: {
    spend(state, seat) {
      const player = state.players[seat.id]
      if (player) player.coins -= 1
    },
    crash() {
      throw new Error('broken')
    },
    bang: (_state, _seat, _input, room) => room.emit.boom({ x: 1_000 }),
  },
})

/** The line of the log after this input, as its fields. */
function lineAfter(input: 'spend' | 'crash' | 'bang') {
  const lines: object[] = []
  const failures = new FailureLog(
    {
      roomId: 'r',
      game: 'faulty',
      log: { ...NO_LOG, error: (about: unknown) => void lines.push(about as object) },
      newTraceId: () => 'a-trace',
      onFailure: () => {},
      tell: () => {},
    },
    0,
  )
  const room = simulate(game)
  room.join('ann')
  room.input('ann', input, {})
  for (const failure of room.failures) failures.add(failure, 1, 0)
  return lines[0] as { readonly callback: string; readonly err: { readonly stack?: string } } | undefined
}

t.test(
  "a state outside of its type is named by callback and path, without a stack of files that are not the author's",
  (t) => {
    const line = lineAfter('spend')
    t.match(line, {
      callback: 'on.spend',
      path: 'players.ann.coins',
      err: { type: 'TypeFault', message: /players\.ann\.coins: must/ },
    })
    t.equal(line?.err.stack, undefined)
    t.end()
  },
)

t.test('what a callback throws, or gives to the room, has its place and its stack', (t) => {
  t.match(lineAfter('crash'), {
    callback: 'on.crash',
    place: /failure-log\.test\.ts:\d+:\d+$/,
    err: { stack: /broken/ },
  })
  t.match(lineAfter('bang'), {
    callback: 'on.bang',
    place: /failure-log\.test\.ts:\d+:\d+$/,
    err: { stack: /x: must/ },
  })
  t.end()
})
