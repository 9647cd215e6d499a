import type { Page } from '../protocol/page.ts'
import type { Admin } from './admin.ts'
import { byId, element, showOutcome } from './dom.ts'
import { FailuresPanel } from './failures-panel.ts'
import { HostsPanel } from './hosts-panel.ts'
import { amountText, describe, type Outcome } from './outcome.ts'
import { Pager } from './paged.ts'
import type { Game, GameRoom, Games } from './rest.ts'
import { RecordingsPanel } from './recordings-panel.ts'
import { RoomPanel } from './room-panel.ts'
import { serverUrl } from './server-url.ts'
import { Table } from './table.ts'
import { valueText } from './tree-text.ts'
import { typeText } from './type-text.ts'
import { View } from './view.ts'
import type { Vitals } from './vitals.ts'

const REFRESH_MS = 3_000

/** Shows the games, the rooms of one game, one room as it is played, and the hosts. The address names the open game or room. */
export class GamesView extends View {
  readonly #admin: Admin
  readonly #vitals: Vitals
  readonly #hosts: HostsPanel
  readonly #room: RoomPanel
  readonly #failures = new FailuresPanel(openPlace)
  readonly #recordings: RecordingsPanel
  readonly #pager = new Pager('rooms of the game', () => this.refresh())
  #games: readonly Game[] = []
  /** The game whose rooms are listed. Empty for the first one. */
  #game = ''
  /** The room that is open. Empty if none is. */
  #place = ''
  readonly #gamesTable = new Table('Games', {
    id: 'games-table',
    keyOf: ({ name }: Game) => name,
    columns: [
      { title: 'Game', text: ({ name }) => name, isHeading: true, isMono: true, onOpen: ({ name }) => openPlace(name) },
      { title: 'Play', text: ({ page }) => (page === null ? '' : 'Play'), href: ({ page }) => page && addressOf(page) },
      { title: 'Version', text: ({ version }) => String(version), isNumber: true },
      { title: 'Ticks', text: ({ hz }) => (hz === 0 ? 'by input' : `${hz} Hz`), isNumber: true },
      { title: 'Seats', text: ({ seats }) => seatsText(seats), isNumber: true },
      { title: 'Rooms', text: ({ now }) => amountText(now.rooms), isNumber: true },
      { title: 'Players', text: ({ now }) => amountText(now.players), isNumber: true },
      { title: 'Bots', text: ({ now }) => amountText(now.bots), isNumber: true },
      {
        title: 'Failures',
        text: ({ name }) => amountText(this.#failuresOf(name)),
        isNumber: true,
        isBad: ({ name }) => this.#failuresOf(name) > 0,
      },
      { title: 'Options', text: ({ options }) => typeText(options), isMono: true },
    ],
    empty: 'There are no games. Set GAMES to files or folders of games.',
  })
  readonly #roomsTable = new Table('Rooms of the game', {
    id: 'game-rooms-table',
    keyOf: ({ room_id }: GameRoom) => room_id,
    columns: [
      {
        title: 'Room',
        text: ({ room_id }) => room_id,
        isHeading: true,
        isMono: true,
        onOpen: ({ room_id }) => openPlace(room_id),
      },
      {
        title: 'Seats',
        text: ({ seats, seats_max }) => `${amountText(seats)} of ${amountText(seats_max)}`,
        isNumber: true,
      },
      { title: 'Locked', text: ({ is_locked }) => (is_locked ? 'locked' : '') },
      { title: 'Listing', text: ({ listing }) => (listing === null ? '' : valueText(listing, false)), isMono: true },
      { title: 'Namespace', text: ({ namespace }) => namespace },
    ],
    empty: 'Nobody plays it now.',
  })

  constructor(admin: Admin, vitals: Vitals) {
    super(REFRESH_MS)
    this.#admin = admin
    this.#vitals = vitals
    this.#hosts = new HostsPanel(vitals, () => this.isShown)
    const view = byId('view-games', HTMLElement)
    view.append(
      this.#hosts.facts,
      element(
        'div',
        { class: 'split games' },
        card('Games', 'games-status', this.#gamesTable.element),
        card('Rooms', 'game-rooms-status', this.#roomsTable.element, this.#pager.element),
      ),
      this.#failures.element,
    )
    this.#room = new RoomPanel(view, admin, (game) => this.#games.find(({ name }) => name === game)?.bots ?? [])
    this.#recordings = new RecordingsPanel(admin, () => this.refresh())
    view.append(this.#recordings.element, this.#hosts.element)
    admin.onToken(() => this.#forget())
  }

  /** @param place the name of a game, or the id of a room, which begins with the name of its game */
  override go(place: string): void {
    const [game = ''] = place.split(':')
    if (game !== this.#game) this.#pager.reset()
    this.#game = game
    this.#place = place.includes(':') ? place : ''
    this.#room.open(this.#place)
    this.refresh()
  }

  override show(): void {
    super.show()
    this.#room.show()
  }

  override hide(): void {
    super.hide()
    this.#room.hide()
  }

  /** Hides what an admin token gave access to, when the token changes. */
  #forget() {
    this.#pager.reset()
    this.#games = []
    this.#gamesTable.show([])
    this.#roomsTable.show([])
    this.#failures.show(undefined)
    this.#recordings.show([])
    this.#room.forget()
    this.refresh()
  }

  protected override async read(isCurrent: () => boolean): Promise<Outcome | null> {
    this.#hosts.draw()
    const games = await this.#admin.read<Games>('/api/v1/games')
    if (!isCurrent()) return games
    showOutcome('games-status', 'failed', describe(games, ''))
    if (!games.success) return games
    this.#games = games.data.items
    this.#gamesTable.show(this.#games)
    const game = this.#game === '' ? this.#games[0]?.name : this.#game
    this.#failures.show(this.#games.find(({ name }) => name === game))
    await this.#recordings.read(this.#place, isCurrent)
    return game === undefined ? games : this.#readRooms(game, isCurrent)
  }

  async #readRooms(game: string, isCurrent: () => boolean): Promise<Outcome> {
    const rooms = await this.#admin.read<Page<GameRoom>>(`/api/v1/rooms?${this.#pager.query({ game })}`)
    if (!isCurrent()) return rooms
    byId('game-rooms-title', HTMLElement).textContent = `Rooms of ${game}`
    showOutcome('game-rooms-status', 'failed', describe(rooms, ''))
    if (rooms.success) this.#pager.show(this.#roomsTable, rooms.data)
    return rooms
  }

  #failuresOf(game: string): number {
    return this.#vitals.latest?.sums('game_failures_total', 'game').get(game) ?? 0
  }
}

function openPlace(place: string) {
  location.hash = `#/games/${place}`
}

/** @param page a path on the server */
function addressOf(page: string): string {
  return serverUrl(page).href
}

function card(title: string, statusId: string, ...children: HTMLElement[]): HTMLElement {
  const head = element('h2', { id: statusId.replace('status', 'title') }, title)
  return element(
    'div',
    { class: 'card' },
    head,
    element('p', { id: statusId, class: 'outcome', role: 'status' }),
    ...children,
  )
}

function seatsText({ min, max }: Game['seats']): string {
  return min === max ? amountText(max) : `${amountText(min)} to ${amountText(max)}`
}
