import { element } from './dom.ts'
import type { Game } from './rest.ts'
import { Table } from './table.ts'

type Failure = Game['failures'][number]

/** Shows the author of a game what failed last in its rooms, and where in the files. The panel is hidden if nothing has failed. */
export class FailuresPanel {
  readonly #table: Table<Failure>
  readonly #title = element('h2')
  readonly element: HTMLElement

  /** @param open called to open a room */
  constructor(open: (room: string) => void) {
    this.#table = new Table('What failed last', {
      id: 'failures-table',
      keyOf: ({ trace_id }: Failure) => trace_id,
      columns: [
        { title: 'Place', text: ({ place }) => place ?? '—', isHeading: true, isMono: true, isLong: true },
        { title: 'Callback', text: ({ callback }) => callback, isMono: true },
        { title: 'What was thrown', text: ({ message }) => message, isLong: true },
        { title: 'Room', text: ({ room_id }) => room_id, isMono: true, onOpen: ({ room_id }) => open(room_id) },
        { title: 'Tick', text: ({ tick }) => String(tick), isNumber: true },
        { title: 'At', text: ({ at }) => new Date(at).toLocaleTimeString(), isNumber: true },
      ],
      empty: '',
    })
    this.element = element(
      'div',
      { class: 'card', id: 'failures' },
      this.#title,
      element('p', { class: 'hint' }, 'Errors of the game, newest first. The log has them under the same trace id.'),
      this.#table.element,
    )
    this.show(undefined)
  }

  /** @param game the game whose failures are shown; undefined if there is no game */
  show(game: Game | undefined): void {
    const failures = game?.failures ?? []
    this.element.hidden = failures.length === 0
    this.#title.textContent = `What failed in ${game?.name ?? ''}`
    this.#table.show(failures)
  }
}
