import { byId } from '../../console/dom.ts'
import type tictactoe from '../../samples/tictactoe.ts'
import type { RoomOf } from '../match.ts'

type Cells = RoomOf<typeof tictactoe>['state']['cells']
type Cell = Cells[number]

const SIDE = 3
const STEPS: Readonly<Record<string, number>> = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -SIDE, ArrowDown: SIDE }

/** Nine buttons. The arrow keys move between them. */
export class Board {
  readonly #cells: readonly HTMLButtonElement[]

  constructor() {
    const board = byId('board', HTMLElement)
    this.#cells = [...board.querySelectorAll('button')]
    this.show(this.#cells.map(() => '' as const))
    board.addEventListener('keydown', (event) => this.#step(event))
  }

  onPlace(place: (cell: number) => void, signal: AbortSignal): void {
    for (const [cell, button] of this.#cells.entries()) {
      button.addEventListener('click', () => place(cell), { signal })
    }
  }

  /** @param winner its three marks are highlighted */
  show(cells: Cells, winner: Cell = ''): void {
    for (const [i, button] of this.#cells.entries()) {
      const mark = cells[i] ?? ''
      button.dataset['mark'] = mark
      button.dataset['won'] = String(mark !== '' && mark === winner)
      button.setAttribute('aria-label', `Row ${Math.floor(i / SIDE) + 1}, column ${(i % SIDE) + 1}: ${mark || 'free'}`)
    }
  }

  #step(event: KeyboardEvent): void {
    const step = STEPS[event.key]
    if (step === undefined) return
    event.preventDefault()
    const at = this.#cells.findIndex((button) => button === document.activeElement)
    this.#cells[at + step]?.focus()
  }
}
