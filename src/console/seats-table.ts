import { wallMs } from './clock.ts'
import type { Seat } from './rest.ts'
import { Table } from './table.ts'
import { durationText } from './units.ts'

export interface SeatActions {
  readonly kick: (seat: Seat) => void
  readonly removeBot: (seat: Seat) => void
}

export class SeatsTable {
  readonly #table: Table<Seat>

  constructor({ kick, removeBot }: SeatActions) {
    this.#table = new Table('Seats', {
      id: 'seats-table',
      keyOf: ({ user_id }: Seat) => user_id,
      columns: [
        { title: 'Seat', text: ({ user_id }) => user_id, isHeading: true, isMono: true },
        {
          title: 'Who',
          text: ({ bot, fills }) => (bot === null ? 'player' : `bot, ${bot}${fills ? ', gives way' : ''}`),
        },
        { title: 'Connection', text: connectionText, isBad: (seat) => isDropped(seat) },
        { title: 'Team', text: ({ team }) => team ?? '' },
      ],
      actions: [
        {
          text: 'Kick',
          label: ({ user_id }) => `Kick ${user_id}`,
          run: kick,
          isDangerous: true,
          isOffered: ({ bot }) => bot === null,
        },
        {
          text: 'Remove',
          label: ({ user_id }) => `Remove ${user_id}`,
          run: removeBot,
          isDangerous: true,
          isOffered: ({ bot }) => bot !== null,
        },
      ],
      empty: 'Nobody has a seat.',
    })
  }

  get element(): HTMLElement {
    return this.#table.element
  }

  show(seats: readonly Seat[]): void {
    this.#table.show(seats)
  }
}

function isDropped({ bot, is_connected }: Seat): boolean {
  return bot === null && !is_connected
}

function connectionText(seat: Seat): string {
  if (seat.bot !== null) return ''
  if (!isDropped(seat)) return 'connected'
  const { held_until, stand_in } = seat
  const held = held_until === null ? 'dropped' : `dropped, held for ${durationText(held_until - wallMs())}`
  return stand_in === null ? held : `${held}; a bot (${stand_in}) plays`
}
