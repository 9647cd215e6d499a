import type { JsonValue, PresencePage } from '../client/index.ts'
import { byId, element, fillSelect, onSubmit, showOutcome } from './dom.ts'
import { amountText, describe } from './outcome.ts'
import type { Player } from './player.ts'

const PRESENCE_LIMIT = 50
const WHOLE_NAMESPACE = { value: '', text: 'Everyone in the namespace' }

/** The forms for broadcast, messages, rooms, state and presence. */
export class Actions {
  readonly #player: Player
  readonly #broadcastTarget = byId('broadcast-target', HTMLSelectElement)
  readonly #lookTarget = byId('look-target', HTMLSelectElement)
  readonly #stateOutput = byId('state-output', HTMLPreElement)
  readonly #users = byId('presence-users', HTMLUListElement)
  readonly #more = byId('presence-more', HTMLButtonElement)
  /** The cursor of the next page of users. */
  #nextUsers = ''

  constructor(player: Player) {
    this.#player = player
    onSubmit('broadcast-form', () => this.#broadcast())
    onSubmit('message-form', () => this.#message())
    onSubmit('room-form', () => this.#join())
    onSubmit('look-form', (button) => (button?.id === 'presence-list' ? this.#listPresence() : this.fetchState()))
    this.#more.addEventListener('click', () => void this.#listPresence(this.#nextUsers))
    this.showRooms([])
  }

  /** Call this when a new session begins. Forgets the results of the previous one. */
  clear() {
    for (const form of ['broadcast', 'message', 'room', 'look']) showOutcome(`${form}-outcome`, 'ok', '')
    this.#stateOutput.hidden = true
    this.#more.hidden = true
    this.#users.replaceChildren()
  }

  /** @param rooms the rooms that the connection is in */
  showRooms(rooms: readonly string[]) {
    const options = rooms.map((room) => ({ value: room, text: `Room ${room}` }))
    fillSelect(this.#broadcastTarget, [WHOLE_NAMESPACE, ...options])
    fillSelect(this.#lookTarget, [{ value: '', text: 'The namespace' }, ...options])
    byId('rooms', HTMLUListElement).replaceChildren(...rooms.map((room) => this.#roomItem(room)))
  }

  async #broadcast() {
    const message = parseMessage(byId('broadcast-text', HTMLInputElement).value)
    const retain = byId('broadcast-retain', HTMLInputElement).checked
    const room = this.#broadcastTarget.value
    const options = { ...(retain ? { retain } : {}), ...(room === '' ? {} : { room }) }
    const outcome = await this.#player.ask((client) => client.broadcast(message, options))
    const done = outcome.success ? `Broadcast at offset ${outcome.data.offset}.` : ''
    showOutcome('broadcast-outcome', outcome.success ? 'ok' : 'failed', describe(outcome, done))
  }

  async #message() {
    const target = byId('target-user', HTMLInputElement).value.trim()
    const text = byId('message-text', HTMLInputElement).value
    const outcome = await this.#player.ask((client) => client.sendMessage(target, text))
    const done = outcome.success ? `Delivered to ${countText(outcome.data.delivered, 'connection')} of ${target}.` : ''
    showOutcome('message-outcome', outcome.success ? 'ok' : 'failed', describe(outcome, done))
  }

  async #join() {
    const room = byId('room-id', HTMLInputElement).value.trim()
    const outcome = await this.#player.ask((client) => client.join(room))
    const done = outcome.success ? `Joined ${room}, ${countText(outcome.data.members, 'member')}.` : ''
    showOutcome('room-outcome', outcome.success ? 'ok' : 'failed', describe(outcome, done))
    if (!outcome.success) return
    this.#broadcastTarget.value = room
    this.#lookTarget.value = room
    this.#showState(outcome.data.state)
  }

  async #leave(room: string) {
    const outcome = await this.#player.ask((client) => client.leave(room))
    showOutcome('room-outcome', outcome.success ? 'ok' : 'failed', describe(outcome, `Left ${room}.`))
  }

  #roomItem(room: string) {
    const leave = element('button', { type: 'button', class: 'quiet', 'aria-label': `Leave ${room}` }, 'Leave')
    leave.addEventListener('click', () => void this.#leave(room))
    return element('li', { 'data-room': room }, element('span', {}, room), leave)
  }

  /** @param room the id of a room, or '' for the namespace; by default the choice of the form */
  async fetchState(room: string = this.#lookTarget.value) {
    const outcome = await this.#player.ask((client) => client.getState(room === '' ? undefined : room))
    const done = outcome.success ? `${describeWhere(room)} at offset ${outcome.data.offset}.` : ''
    showOutcome('look-outcome', outcome.success ? 'ok' : 'failed', describe(outcome, done))
    if (outcome.success) this.#showState(outcome.data.state)
  }

  #showState(state: JsonValue) {
    this.#stateOutput.hidden = false
    this.#stateOutput.textContent = state === null ? 'No state is retained.' : JSON.stringify(state, null, 2)
  }

  /** @param cursor the cursor that the previous page gave */
  async #listPresence(cursor?: string) {
    const room = this.#lookTarget.value
    const page = { ...(room === '' ? {} : { room_id: room }), limit: PRESENCE_LIMIT, ...(cursor ? { cursor } : {}) }
    const outcome = await this.#player.ask((client) => client.listPresence(page))
    const done = outcome.success ? `${describeWhere(room)}: ${amountText(outcome.data.total)} present.` : ''
    showOutcome('look-outcome', outcome.success ? 'ok' : 'failed', describe(outcome, done))
    if (!outcome.success) return
    if (cursor === undefined) this.#users.replaceChildren()
    this.#showUsers(outcome.data)
  }

  #showUsers({ users, next_cursor: next }: PresencePage) {
    this.#users.append(...users.map(({ user_id }) => this.#userItem(user_id)))
    this.#more.hidden = next === null
    this.#nextUsers = next ?? ''
  }

  #userItem(user: string) {
    const pick = element('button', { type: 'button', class: 'quiet', title: 'Write to this user' }, user)
    pick.addEventListener('click', () => {
      byId('target-user', HTMLInputElement).value = user
      byId('message-text', HTMLInputElement).focus()
    })
    return element('li', {}, pick)
  }
}

/** @param room the id of a room, or '' for the namespace */
function describeWhere(room: string) {
  return room === '' ? 'The namespace' : `Room ${room}`
}

function countText(count: number, noun: string) {
  return count === 1 ? `1 ${noun}` : `${amountText(count)} ${noun}s`
}

/** Returns an object or an array if the text is one in JSON, else the text. */
export function parseMessage(text: string): JsonValue {
  if (!/^\s*[[{]/.test(text)) return text
  try {
    return JSON.parse(text) as JsonValue
  } catch {
    // A text such as "[sic]" may begin with a bracket and still be no JSON.
    return text
  }
}
