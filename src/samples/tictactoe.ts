import { defineGame, refuse, t } from '../games/index.ts'

/** Who waits so long loses: milliseconds for each move. */
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

type Mark = 'x' | 'o'
type Cell = '' | Mark

/** Three in a row, for two: the first who sits down is x and begins. Each move has a time, and a bot plays where nobody else comes. */
export default defineGame({
  name: 'tictactoe',
  version: 1,
  hz: 0,
  seats: { min: 2, max: 2, holdMs: 60_000, lateJoin: false, guests: true, fill: { afterMs: 10_000, bot: 'careful' } },
  state: t.object({
    phase: t.oneOf('waiting', 'playing', 'over'),
    cells: t.array(t.oneOf('', 'x', 'o'), 9),
    /** The players by their marks. */
    players: t.object({ x: t.string(64), o: t.string(64) }),
    turn: t.oneOf('x', 'o'),
    /** When the move has to be made by: Unix time in milliseconds; 0: no move is awaited. */
    until: t.float64(),
    /** The mark that won; empty: nobody, or nobody yet. */
    winner: t.oneOf('', 'x', 'o'),
    /** How it ended. */
    how: t.oneOf('', 'row', 'full', 'time', 'left'),
  }),
  inputs: { place: { type: t.object({ cell: t.uint8() }), perSecond: 5 } },
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
    turn: 'x',
    until: 0,
    winner: '',
    how: '',
  }),
  listing: ({ phase }) => ({ phase }),
  join(state, seat, room) {
    if (state.players.x === '') {
      state.players.x = seat.id
      return
    }
    state.players.o = seat.id
    state.phase = 'playing'
    awaitMove(state, room)
  },
  leave(state, seat) {
    if (state.phase === 'playing') finish(state, state.players.x === seat.id ? 'o' : 'x', 'left')
    else if (state.phase === 'waiting' && state.players.x === seat.id) state.players.x = ''
  },
  on: {
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
    /** Runs for each move; those of moves that were made in time say nothing. */
    timeUp(state, { until }: { until: number }) {
      if (state.phase === 'playing' && state.until === until) finish(state, other(state.turn), 'time')
    },
  },
  over: ({ phase, winner, how, players }) =>
    phase === 'over' && { result: winner === '' ? { how } : { how, winner: players[winner] } },
  bots: {
    careful: (view, seat) => {
      const mark: Mark = view.players.x === seat.id ? 'x' : 'o'
      if (view.phase !== 'playing' || view.turn !== mark) return []
      const cell = finishing(view.cells, mark) ?? finishing(view.cells, other(mark)) ?? firstFree(view.cells)
      return cell === undefined ? [] : [['place', { cell }]]
    },
  },
})

interface State {
  phase: 'waiting' | 'playing' | 'over'
  turn: Mark
  until: number
  winner: Cell
  how: '' | 'row' | 'full' | 'time' | 'left'
}

function awaitMove(
  state: State,
  room: { readonly nowMs: number; afterMs(ms: number, timer: 'timeUp', args: { until: number }): number },
): void {
  state.until = room.nowMs + MOVE_MS
  room.afterMs(MOVE_MS, 'timeUp', { until: state.until })
}

function finish(state: State, winner: Cell, how: State['how']): void {
  state.phase = 'over'
  state.until = 0
  state.winner = winner
  state.how = how
}

function other(mark: Mark): Mark {
  return mark === 'x' ? 'o' : 'x'
}

function hasRow(cells: readonly Cell[], mark: Mark): boolean {
  return LINES.some((line) => line.every((cell) => cells[cell] === mark))
}

/** The cell that makes a row of this mark. */
function finishing(cells: readonly Cell[], mark: Mark): number | undefined {
  const line = LINES.find(
    (line) => line.filter((cell) => cells[cell] === mark).length === 2 && line.some((cell) => cells[cell] === ''),
  )
  return line?.find((cell) => cells[cell] === '')
}

function firstFree(cells: readonly Cell[]): number | undefined {
  if (cells[CENTRE] === '') return CENTRE
  const cell = cells.indexOf('')
  return cell === -1 ? undefined : cell
}
