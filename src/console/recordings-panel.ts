import type { Page } from '../protocol/page.ts'
import type { Admin } from './admin.ts'
import { openDialog } from './dialog.ts'
import { element, showOutcome } from './dom.ts'
import { bytesText } from './units.ts'
import { describe } from './outcome.ts'
import type { Recording } from './rest.ts'
import { Table } from './table.ts'

const OUTCOME = 'recordings-status'
/** How many recordings are shown. */
const LIMIT = 100

/** Lists recordings of rooms, also of rooms that are over, to download or delete them. The panel is hidden if there are none. */
export class RecordingsPanel {
  readonly #admin: Admin
  readonly #table: Table<Recording>
  readonly element: HTMLElement

  /** @param changed called when a recording was deleted */
  constructor(admin: Admin, changed: () => void) {
    this.#admin = admin
    this.#table = new Table('Recordings', {
      id: 'recordings-table',
      keyOf: ({ id }: Recording) => id,
      columns: [
        { title: 'Room', text: ({ room_id }) => room_id, isHeading: true, isMono: true },
        { title: 'Version', text: ({ version }) => String(version), isNumber: true },
        { title: 'Begun', text: ({ at }) => new Date(at).toLocaleString(), isNumber: true },
        { title: 'From', text: ({ began }) => (began === 'start' ? 'the first tick' : 'before it failed') },
        { title: 'Size', text: ({ bytes }) => bytesText(bytes), isNumber: true },
        {
          title: 'End',
          text: ({ is_open, why, message }) =>
            is_open ? 'is being written' : `${why}${message === null ? '' : `: ${message}`}`,
          isLong: true,
          isBad: ({ why }) => why === 'failed' || why === 'cut',
        },
      ],
      actions: [
        { text: 'Download', label: ({ id }) => `Download ${id}`, run: ({ id }) => void this.#download(id) },
        {
          text: 'Delete',
          label: ({ id }) => `Delete ${id}`,
          isDangerous: true,
          run: ({ id }) =>
            openDialog({
              title: `Delete the recording ${id}?`,
              text: 'Its file is deleted. If it is still being written, the recording ends, and its room continues.',
              action: 'Delete',
              isDangerous: true,
              run: () => admin.change('DELETE', pathOf(id)),
              done: changed,
            }),
        },
      ],
      empty: '',
    })
    this.element = element(
      'div',
      { class: 'card', id: 'recordings' },
      element('h2', {}, 'Recordings'),
      element(
        'p',
        { class: 'hint' },
        'Recordings of rooms, for drumbeat replay and for tests. They contain what players have sent.',
      ),
      element('p', { id: OUTCOME, class: 'outcome', role: 'status' }),
      this.#table.element,
    )
    this.show([])
  }

  /**
   * @param room the room whose recordings are shown, or '' for all
   * @param isCurrent tells whether the answer is still needed when it arrives
   */
  async read(room: string, isCurrent: () => boolean): Promise<void> {
    const ofRoom = room === '' ? '' : `&room=${encodeURIComponent(room)}`
    const answer = await this.#admin.read<Page<Recording>>(`/api/v1/recordings?limit=${LIMIT}${ofRoom}`)
    if (isCurrent() && answer.success) this.show(answer.data.items)
  }

  show(recordings: readonly Recording[]): void {
    this.element.hidden = recordings.length === 0
    this.#table.show(recordings.toSorted((one, other) => other.at - one.at))
  }

  async #download(id: string): Promise<void> {
    const file = await this.#admin.download(pathOf(id))
    if (!file.success) {
      showOutcome(OUTCOME, 'failed', describe(file, ''))
      return
    }
    const href = URL.createObjectURL(file.data)
    const link = element('a', { href, download: `${id}.recording` })
    link.click()
    URL.revokeObjectURL(href)
  }
}

function pathOf(id: string): string {
  return `/api/v1/recordings/${encodeURIComponent(id)}`
}
