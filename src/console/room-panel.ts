import type { Admin } from './admin.ts'
import { byId, element, onClick, showFacts, showOutcome } from './dom.ts'
import { EntriesPanel } from './entries-panel.ts'
import { amountText, describe, type Outcome } from './outcome.ts'
import type { Play, RoomEntries, Seat } from './rest.ts'
import { RoomActions } from './room-actions.ts'
import { SeatsTable } from './seats-table.ts'
import { StateTree } from './state-tree.ts'
import { msText } from './units.ts'
import { View } from './view.ts'

/** How often the state is read and drawn, whatever the tick rate of the room is. */
const REFRESH_MS = 500
/** After these errors the room is not read again. */
const GONE: ReadonlySet<string> = new Set(['ROOM_NOT_FOUND', 'ROOM_OVER'])

/** Shows one room as it is played: its seats, its state, its newest entries, and actions. */
export class RoomPanel extends View {
  readonly #admin: Admin
  readonly #actions: RoomActions
  readonly #seats: SeatsTable
  readonly #tree = new StateTree('play-state', 'State')
  readonly #entries = new EntriesPanel()
  #room = ''
  #isGone = false
  #isPaused = false
  readonly #element: HTMLElement

  /**
   * @param parent the element that the panel is appended to
   * @param botsOf returns the kinds of bots of a game
   */
  constructor(parent: HTMLElement, admin: Admin, botsOf: (game: string) => readonly string[]) {
    super(REFRESH_MS)
    this.#admin = admin
    this.#actions = new RoomActions(admin, { botsOf, done: (text) => this.#say(text) })
    this.#seats = new SeatsTable({
      kick: (seat: Seat) => this.#actions.kick(this.#room, seat),
      removeBot: (seat: Seat) => this.#actions.removeBot(this.#room, seat),
    })
    this.#element = this.#make()
    parent.append(this.#element)
    onClick('play-bot', () => this.#actions.addBot(this.#room))
    onClick('play-end', () => this.#actions.end(this.#room))
    onClick('play-pause', () => this.#pause(!this.#isPaused))
  }

  #make(): HTMLElement {
    const button = (id: string, text: string, attributes = {}) =>
      element('button', { id, type: 'button', ...attributes }, text)
    return element(
      'div',
      { class: 'card', id: 'play-card' },
      element('h2', { id: 'play-title' }, 'A room'),
      element(
        'p',
        { id: 'play-hint', class: 'hint' },
        'Choose a room above to see its seats, its state as it changes, and its newest entries.',
      ),
      element('p', { id: 'play-outcome', class: 'outcome', role: 'status' }),
      element('p', { id: 'play-status', class: 'outcome', role: 'status' }),
      element(
        'div',
        { id: 'play', hidden: '' },
        element(
          'div',
          { class: 'row' },
          button('play-pause', 'Pause', { 'aria-pressed': 'false' }),
          button('play-bot', 'Add a bot'),
          button('play-end', 'End the room', { class: 'danger' }),
        ),
        element('dl', { id: 'play-facts', class: 'facts', 'aria-label': 'The room' }),
        element(
          'div',
          { class: 'room-parts' },
          element('div', { class: 'area-seats' }, element('h3', {}, 'Seats'), this.#seats.element),
          element(
            'div',
            { class: 'area-state' },
            element('h3', {}, 'State'),
            element('div', { class: 'tree-box' }, this.#tree.element),
          ),
          element('div', { class: 'area-entries' }, this.#entries.element),
        ),
      ),
    )
  }

  /** @param room the id of a room, or '' for none */
  open(room: string) {
    if (room === this.#room) return
    this.forget()
    this.#room = room
    const title = byId('play-title', HTMLElement)
    title.textContent = room === '' ? 'A room' : `Room ${room}`
    byId('play-hint', HTMLElement).hidden = room !== ''
    // On a small screen the panel is far below the button that opens it.
    if (room !== '' && title.getBoundingClientRect().top > window.innerHeight / 2) this.#element.scrollIntoView()
    this.refresh()
  }

  /** Clears the panel. The room is read again if it still exists. */
  forget() {
    this.#isGone = false
    this.#pause(false)
    this.#tree.clear()
    this.#seats.show([])
    this.#entries.show([])
    showFacts('play-facts', {})
    byId('play', HTMLElement).hidden = true
    for (const id of ['play-status', 'play-outcome']) showOutcome(id, 'ok', '')
    this.refresh()
  }

  protected override async read(isCurrent: () => boolean): Promise<Outcome | null> {
    if (this.#room === '' || this.#isGone || this.#isPaused) return null
    const path = `/api/v1/rooms/${encodeURIComponent(this.#room)}`
    const [play, entries] = await Promise.all([
      this.#admin.read<Play>(`${path}/play`),
      this.#admin.read<RoomEntries>(`${path}/entries?limit=${EntriesPanel.LIMIT}`),
    ])
    if (!isCurrent()) return play
    const failed = play.success ? entries : play
    showOutcome('play-status', 'failed', describe(failed, ''))
    if (play.success) this.#show(play.data)
    else if (GONE.has(play.error.code)) this.#leave()
    if (entries.success) this.#entries.show(entries.data.items)
    return failed
  }

  #show(play: Play) {
    const { game, version, tick, lateness_ms, seats, seats_max, spectators, is_locked, state } = play
    showFacts('play-facts', {
      Game: `${game}, version ${version}`,
      Tick: amountText(tick),
      Late: msText(lateness_ms),
      Seats: `${amountText(seats.length)} of ${amountText(seats_max)}${is_locked ? ', locked' : ''}`,
      Spectators: amountText(spectators),
    })
    this.#seats.show(seats)
    this.#tree.show(state)
    byId('play-bot', HTMLButtonElement).disabled = seats.length >= seats_max
    byId('play', HTMLElement).hidden = false
  }

  #leave() {
    this.#isGone = true
    byId('play', HTMLElement).hidden = true
    showOutcome('play-status', 'failed', 'This room is over, or never existed.')
  }

  #pause(isPaused: boolean) {
    this.#isPaused = isPaused
    byId('play-pause', HTMLButtonElement).setAttribute('aria-pressed', String(isPaused))
    this.refresh()
  }

  #say(text: string) {
    showOutcome('play-outcome', 'ok', text)
    this.refresh()
  }
}
