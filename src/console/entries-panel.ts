import { element } from './dom.ts'
import type { RoomEntry } from './rest.ts'
import { Table } from './table.ts'

const DATA_CHARS = 120
const TIME = new Intl.DateTimeFormat(undefined, {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  fractionalSecondDigits: 3,
  hourCycle: 'h23',
})

/** Shows the newest entries of a room, newest first: all of them, or only those that were refused or failed. */
export class EntriesPanel {
  /** How many entries are requested. */
  static readonly LIMIT: number = 50
  #entries: readonly RoomEntry[] = []
  readonly #which = element(
    'select',
    { id: 'entries-which' },
    element('option', { value: 'all' }, 'all'),
    element('option', { value: 'failed' }, 'only refused or failed'),
  )
  readonly #table = new Table('Inputs and refusals', {
    id: 'entries-table',
    keyOf: ({ number }: RoomEntry) => String(number),
    columns: [
      { title: 'Time', text: ({ at }) => TIME.format(new Date(at)) },
      { title: 'Tick', text: ({ tick }) => String(tick), isNumber: true },
      { title: 'Seat', text: ({ user_id }) => user_id ?? '', isMono: true },
      { title: 'What', text: whatText, isHeading: true },
      { title: 'Data', text: ({ data }) => dataText(data), isMono: true },
      { title: 'Outcome', text: outcomeText, isBad: ({ error }) => error !== null },
    ],
    empty: 'Nothing yet.',
  })
  readonly element: HTMLElement

  constructor() {
    this.#which.addEventListener('change', () => this.#draw())
    const label = element('label', { for: this.#which.id }, 'Show')
    const head = element(
      'div',
      { class: 'section-head' },
      element('h3', {}, 'Inputs and refusals'),
      element('div', { class: 'toolbar' }, label, this.#which),
    )
    this.element = element('div', {}, head, this.#table.element)
  }

  show(entries: readonly RoomEntry[]): void {
    this.#entries = entries
    this.#draw()
  }

  #draw() {
    const isAll = this.#which.value === 'all'
    this.#table.show(this.#entries.filter(({ error }) => isAll || error !== null))
  }
}

function whatText({ kind, name }: RoomEntry): string {
  if (kind === 'input') return name ?? ''
  return name === null ? kind : `${kind}: ${name}`
}

function dataText(data: unknown): string {
  const text = data === null ? '' : JSON.stringify(data)
  return text.length > DATA_CHARS ? `${text.slice(0, DATA_CHARS)}…` : text
}

/** If the game refused an input with a code of its own, that code says more than REFUSED. */
function outcomeText({ error }: RoomEntry): string {
  if (error === null) return 'done'
  const { code, message, details } = error
  const own = details?.code
  return `${typeof own === 'string' ? own : code}: ${message}`
}
