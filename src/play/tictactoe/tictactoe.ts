import { byId } from '../../console/dom.ts'
import type tictactoe from '../../samples/tictactoe.ts'
import { ignore, Match, messageOf, notice, show, type RoomOf } from '../match.ts'
import { Board } from './board.ts'

type Room = RoomOf<typeof tictactoe>
type State = Room['state']

const MARKS = ['x', 'o'] as const
/** How often the remaining time is updated. */
const CLOCK_MS = 250

const board = new Board()

new Match<typeof tictactoe>({
  game: 'tictactoe',
  where: { phase: 'waiting' },
  begin(room, name, signal) {
    if (name !== '') room.send.name({ name }).catch(ignore)
    const place = async (cell: number) => {
      try {
        await room.send.place({ cell })
        notice('')
      } catch (error) {
        notice(messageOf(error))
      }
    }
    board.onPlace((cell) => void place(cell), signal)
    signal.addEventListener(
      'abort',
      room.subscribe((state) => {
        board.show(state.cells)
        showPlayers(state, room.seat)
        show('hint', hintOf(state, room.seat))
      }),
    )
    const clock = setInterval(() => showTime(room), CLOCK_MS)
    signal.addEventListener('abort', () => clearInterval(clock))
  },
  describeEnd({ state, seat }) {
    board.show(state.cells, state.how === 'row' ? state.winner : '')
    if (state.winner === '') return { title: 'A draw', lines: ['The board is full.'] }
    const isOwn = state.players[state.winner] === seat
    const title = isOwn ? 'You have won!' : `${state.names[state.winner]} has won`
    return { title, lines: [HOW[state.how]] }
  },
}).offer()

const HOW: Readonly<Record<State['how'], string>> = {
  row: 'Three in a row.',
  time: 'The time for a move was up.',
  left: 'The other player has left.',
  full: '',
  '': '',
}

function showPlayers({ players, names, turn, phase }: State, seat: string | null): void {
  for (const mark of MARKS) {
    const isOwn = players[mark] === seat
    show(`player-${mark}`, players[mark] === '' ? '…' : `${names[mark]}${isOwn ? ' (you)' : ''}`)
    byId(`side-${mark}`, HTMLElement).dataset['turn'] = String(phase === 'playing' && turn === mark)
  }
}

function hintOf({ phase, players, turn, names }: State, seat: string | null): string {
  if (phase === 'waiting') return 'Waiting. If nobody comes, you play against a bot.'
  return players[turn] === seat ? 'It is your turn.' : `It is the turn of ${names[turn]}.`
}

function showTime({ state, clock }: Room): void {
  const seconds = Math.max(0, Math.ceil((state.until - clock.nowMs) / 1_000))
  show('time', state.until === 0 ? '' : `${seconds} s`)
}
