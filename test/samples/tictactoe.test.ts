/** The rules of the sample: every way in which a match can go. */
import t from 'tap'
import tictactoe from '../../src/samples/tictactoe.ts'
import type { TypesOf } from '../../src/games/define.ts'
import { input, join, START_MS, TestRoom } from '../games/helpers/room.ts'

type State = TypesOf<typeof tictactoe>['state']

function match(): TestRoom {
  const room = new TestRoom(tictactoe)
  room.at(0, join('ann'))
  room.at(1000, join('bob'))
  return room
}

function place(room: TestRoom, user: string, cell: number, nowMs = 2000) {
  return room.at(nowMs, input(user, 'place', { cell }))
}

function stateOf(room: TestRoom): State {
  return room.state as State
}

t.test('three in a row win, and the room is over with the winner', async (t) => {
  const room = match()
  for (const [user, cell] of [
    ['ann', 0],
    ['bob', 3],
    ['ann', 1],
    ['bob', 4],
  ] as const)
    place(room, user, cell)
  const { ending } = place(room, 'ann', 2)
  t.match(ending, { why: 'over', result: { winner: 'ann', how: 'row' } })
  t.match(stateOf(room), { phase: 'over', winner: 'x', cells: ['x', 'x', 'x', 'o', 'o', '', '', '', ''] })
})

t.test('a full board without a row is nobody’s', async (t) => {
  const room = match()
  const cells = [0, 1, 2, 4, 3, 5, 7, 6, 8]
  const last = cells.map((cell, i) => place(room, i % 2 === 0 ? 'ann' : 'bob', cell)).at(-1)
  t.strictSame(last?.ending?.result, { how: 'full' })
})

t.test('who lets the time for a move pass loses, and not before', async (t) => {
  const room = match()
  place(room, 'ann', 0, 2000)
  t.equal(room.run.nextDue, START_MS + 31_000, 'the timer of the first move, which was made')
  t.equal(room.at(31_000).ending, undefined)
  t.equal(stateOf(room).until, START_MS + 32_000)
  t.match(room.at(32_000).ending, { result: { winner: 'ann', how: 'time' } })
})

t.test('who leaves a match loses it; before it begins the place is free again', async (t) => {
  const room = match()
  t.match(room.at(2000, { kind: 'leave', user: 'ann', why: 'left' }).ending, { result: { winner: 'bob', how: 'left' } })

  const waiting = new TestRoom(tictactoe)
  waiting.at(0, join('ann'))
  waiting.at(1, { kind: 'leave', user: 'ann', why: 'left' }, join('bob'), join('cat'))
  t.match(stateOf(waiting), { phase: 'playing', players: { x: 'bob', o: 'cat' } })
})

t.test('what may not be done is refused with a code, and changes nothing', async (t) => {
  const waiting = new TestRoom(tictactoe)
  waiting.at(0, join('ann'))
  t.match(place(waiting, 'ann', 0).outcomes, [{ code: 'REFUSED', details: { code: 'NOT_STARTED' } }])
  const room = match()
  place(room, 'ann', 0)
  const before = stateOf(room)
  const refused = [
    ['ann', 1, 'NOT_YOUR_TURN'],
    ['bob', 0, 'TAKEN'],
    ['bob', 9, 'NO_CELL'],
  ] as const
  for (const [user, cell, code] of refused) t.match(place(room, user, cell).outcomes, [{ details: { code } }])
  t.strictSame(stateOf(room), before)
  t.match(room.at(2000, join('cat')).outcomes, [{ code: 'ROOM_FULL' }])
})

t.test('players say what they are called; who does not is a player, or a bot', async (t) => {
  const room = match()
  t.match(stateOf(room).names, { x: 'Player', o: 'Player' })
  room.at(2000, input('bob', 'name', { name: ' Bob ' }), input('ann', 'name', { name: ' ' }))
  t.match(stateOf(room).names, { x: 'Nobody', o: 'Bob' })
  const withBot = new TestRoom(tictactoe)
  withBot.at(0, join('ann'), { kind: 'bot', bot: 'careful' })
  t.match(stateOf(withBot).names, { x: 'Player', o: 'Bot' })
})

t.test('the bot plays by the rules, wins where it can, and prevents what it can', async (t) => {
  const { careful } = tictactoe.rules.bots
  const playing = (cells: State['cells'], turn: 'x' | 'o'): State => ({
    phase: 'playing',
    cells,
    turn,
    players: { x: 'bot-1', o: 'ann' },
    names: { x: 'Bot', o: 'Ann' },
    until: 1,
    winner: '',
    how: '',
  })
  const seat = {
    id: 'bot-1',
    isConnected: true,
    isGuest: false,
    bot: 'careful',
    fills: true,
    team: undefined,
    inventory: {},
  }
  const moves = (cells: State['cells'], turn: 'x' | 'o') => careful?.(playing(cells, turn), seat, {} as never)
  t.strictSame(moves(['', '', '', '', '', '', '', '', ''], 'x'), [['place', { cell: 4 }]])
  t.strictSame(moves(['x', 'x', '', 'o', 'o', '', '', '', ''], 'x'), [['place', { cell: 2 }]])
  t.strictSame(moves(['x', '', '', 'o', 'o', '', '', '', 'x'], 'x'), [['place', { cell: 5 }]])
  t.strictSame(moves(['x', '', '', 'o', 'o', '', '', '', 'x'], 'o'), [], 'it is not its turn')

  for (let first = 0; first < 9; first++) {
    const room = new TestRoom(tictactoe)
    room.at(0, join('ann'), { kind: 'bot', bot: 'careful' })
    place(room, 'ann', first)
    for (let turn = 0; turn < 9 && !room.run.ending; turn++) {
      const state = stateOf(room)
      const botSeat = room.run.seats.find(({ bot }) => bot !== undefined)
      const byBot = botSeat && state.turn === 'o' ? careful?.(state, botSeat, {} as never) : undefined
      const free = state.cells.indexOf('')
      const [name, value] = byBot?.[0] ?? ['place', { cell: free }]
      t.match(room.at(3000, input(byBot ? 'bot-1' : 'ann', name, value)).outcomes, [{ kind: 'done' }])
    }
    t.ok(room.run.ending, `a match that began in ${first} ends`)
  }
})
