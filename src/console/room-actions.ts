import type { Admin } from './admin.ts'
import { openDialog } from './dialog.ts'
import type { Seat } from './rest.ts'

export interface RoomActionsOptions {
  readonly botsOf: (game: string) => readonly string[]
  /** Called after an action, with a text that says what was done. */
  readonly done: (text: string) => void
}

function pathOf(room: string): string {
  return `/api/v1/rooms/${encodeURIComponent(room)}`
}

/** The actions on a room with a game. Each asks for confirmation, and reports its outcome. */
export class RoomActions {
  readonly #admin: Admin
  readonly #options: RoomActionsOptions

  constructor(admin: Admin, options: RoomActionsOptions) {
    this.#admin = admin
    this.#options = options
  }

  kick(room: string, { user_id: user }: Seat) {
    openDialog({
      title: `Kick ${user}?`,
      text: 'The seat ends, and all connections of this user leave the room. The user may join again if the game lets anybody in.',
      action: 'Kick',
      isDangerous: true,
      run: () => this.#admin.change('DELETE', `${pathOf(room)}/seats/${encodeURIComponent(user)}`),
      done: () => this.#options.done(`${user} was kicked.`),
    })
  }

  addBot(room: string) {
    const [game = ''] = room.split(':')
    const kinds = this.#options.botsOf(game)
    openDialog({
      title: `Add a bot to ${room}`,
      text:
        kinds.length === 0
          ? `The game ${game} has no bots.`
          : 'The bot takes a free seat and plays until it is removed.',
      action: 'Add the bot',
      fields: [{ name: 'bot', label: 'Kind of bot', type: 'select', options: kinds }],
      run: ({ bot }: { bot: string }) => this.#admin.changeOnce<{ user_id: string }>(`${pathOf(room)}/bots`, { bot }),
      done: ({ user_id: seat }, { bot }) => this.#options.done(`A bot (${bot}) has the seat ${seat}.`),
    })
  }

  removeBot(room: string, { user_id: seat }: Seat) {
    openDialog({
      title: `Remove ${seat}?`,
      text: 'The seat of this bot ends.',
      action: 'Remove',
      isDangerous: true,
      run: () => this.#admin.change('DELETE', `${pathOf(room)}/bots/${encodeURIComponent(seat)}`),
      done: () => this.#options.done(`${seat} was removed.`),
    })
  }

  end(room: string) {
    openDialog({
      title: `End room ${room}?`,
      text: 'All players leave, and the match is over. This cannot be undone.',
      action: 'End the room',
      isDangerous: true,
      run: () => this.#admin.change('DELETE', pathOf(room)),
      done: () => this.#options.done(`Room ${room} was ended.`),
    })
  }
}
