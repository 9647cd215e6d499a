import { defineGame, refuse, t, type Room, type Seat, type ValueOf } from '../games/index.ts'

/** Milliseconds for each move. A player who takes longer loses. */
const MOVE_MS = 30_000
const LINES = [
  [0, 1, 2],
  [3, 4, 5],
  [6, 7, 8],
  [0, 3, 6],
  [1, 4, 7],
  [2, 5, 8],
  [0, 4, 8],
  [2, 4, 6],
] as const
const CENTRE = 4

const stateType = t.object({
  phase: t.oneOf('waiting', 'playing', 'over'),
  cells: t.array(t.oneOf('', 'x', 'o'), 9),
  /** The names of the players, by their marks. */
  players: t.object({ x: t.string(64), o: t.string(64) }),
  names: t.object({ x: t.string(16), o: t.string(16) }),
  turn: t.oneOf('x', 'o'),
  /** The time until which the move has to be made, Unix time in milliseconds. 0: no move is awaited. */
  until: t.float64(),
  /** The mark that has won. Empty if none has, or not yet. */
  winner: t.oneOf('', 'x', 'o'),
  /** How the match ended. */
  how: t.oneOf('', 'row', 'full', 'time', 'left'),
})
type State = ValueOf<typeof stateType>
type Mark = State['turn']
type Cells = readonly State['cells'][number][]

/** Three in a row, for two. The first who takes a seat is x and begins. Moves have a time limit. If nobody comes, a bot plays. */
export default defineGame({
  name: 'tictactoe',
  version: 1,
  hz: 0,
  seats: { min: 2, max: 2, holdMs: 60_000, lateJoin: false, guests: true, fill: { afterMs: 10_000, bot: 'careful' } },
  state: stateType,
  inputs: {
    name: { type: t.object({ name: t.string(16) }), perSecond: 2 },
    place: { type: t.object({ cell: t.uint8() }), perSecond: 5 },
  },
  refusals: {
    NOT_STARTED: 'the match has not begun: the other player is not here yet',
    NOT_YOUR_TURN: 'it is the turn of the other player',
    TAKEN: 'there is a mark in this cell already',
    NO_CELL: 'the cells are 0 to 8',
  },
  create: () => ({
    phase: 'waiting',
    cells: ['', '', '', '', '', '', '', '', ''],
    players: { x: '', o: '' },
    names: { x: '', o: '' },
    turn: 'x',
    until: 0,
    winner: '',
    how: '',
  }),
  listing: ({ phase }) => ({ phase }),
  join(state, seat, room) {
    const mark = state.players.x === '' ? 'x' : 'o'
    state.players[mark] = seat.id
    state.names[mark] = seat.bot ? 'Bot' : 'Player'
    if (mark === 'x') return
    state.phase = 'playing'
    awaitMove(state, room)
  },
  leave(state, seat) {
    if (state.phase === 'playing') finish(state, other(markOf(state, seat)), 'left')
    else if (state.phase === 'waiting') state.players.x = ''
  },
  on: {
    name: (state, seat, { name }) => void (state.names[markOf(state, seat)] = name.trim() || 'Nobody'),
    place(state, seat, { cell }, room) {
      if (state.phase !== 'playing') refuse('NOT_STARTED')
      if (state.players[state.turn] !== seat.id) refuse('NOT_YOUR_TURN')
      if (cell > 8) refuse('NO_CELL')
      if (state.cells[cell] !== '') refuse('TAKEN')
      state.cells[cell] = state.turn
      if (hasRow(state.cells, state.turn)) finish(state, state.turn, 'row')
      else if (state.cells.every((mark) => mark !== '')) finish(state, '', 'full')
      else {
        state.turn = other(state.turn)
        awaitMove(state, room)
      }
    },
  },
  timers: {
    /** Is called for each move. Does nothing if the move was made in time. */
    timeUp(state, { until }: { until: number }) {
      if (state.phase === 'playing' && state.until === until) finish(state, other(state.turn), 'time')
    },
  },
  over: ({ phase, winner, how, players }) =>
    phase === 'over' && { result: winner === '' ? { how } : { how, winner: players[winner] } },
  bots: {
    careful: (view, seat) => {
      const mark = markOf(view, seat)
      if (view.phase !== 'playing' || view.turn !== mark) return []
      const cell = finishing(view.cells, mark) ?? finishing(view.cells, other(mark)) ?? firstFree(view.cells)
      return cell === undefined ? [] : [['place', { cell }]]
    },
  },
})

function awaitMove(state: State, room: Pick<Room<unknown, 'timeUp'>, 'nowMs' | 'afterMs'>): void {
  state.until = room.nowMs + MOVE_MS
  room.afterMs(MOVE_MS, 'timeUp', { until: state.until })
}

function finish(state: State, winner: State['winner'], how: State['how']): void {
  state.phase = 'over'
  state.until = 0
  state.winner = winner
  state.how = how
}

function markOf({ players }: Pick<State, 'players'>, { id }: Seat): Mark {
  return players.x === id ? 'x' : 'o'
}

function other(mark: Mark): Mark {
  return mark === 'x' ? 'o' : 'x'
}

function hasRow(cells: Cells, mark: Mark): boolean {
  return LINES.some((line) => line.every((cell) => cells[cell] === mark))
}

/** The cell that completes a row of this mark. */
function finishing(cells: Cells, mark: Mark): number | undefined {
  const line = LINES.find(
    (line) => line.filter((cell) => cells[cell] === mark).length === 2 && line.some((cell) => cells[cell] === ''),
  )
  return line?.find((cell) => cells[cell] === '')
}

function firstFree(cells: Cells): number | undefined {
  if (cells[CENTRE] === '') return CENTRE
  const cell = cells.indexOf('')
  return cell === -1 ? undefined : cell
}
