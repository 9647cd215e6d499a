import { byId, element, fillSelect, onSubmit, showOutcome } from './dom.js'
import { amountText, describe } from './outcome.js'

/** @typedef {import('./requests.js').Requests} Requests */

const PRESENCE_LIMIT = 50
const WHOLE_NAMESPACE = { value: '', text: 'Everyone in the namespace' }

/** Broadcast, messages, rooms, state and presence: one form each. */
export class Actions {
  #requests
  #broadcastTarget = byId('broadcast-target', HTMLSelectElement)
  #lookTarget = byId('look-target', HTMLSelectElement)
  #stateOutput = byId('state-output', HTMLPreElement)
  #users = byId('presence-users', HTMLUListElement)
  #more = byId('presence-more', HTMLButtonElement)
  /** The cursor of the page that follows what is shown. */
  #nextUsers = ''

  /** @param {Requests} requests */
  constructor(requests) {
    this.#requests = requests
    onSubmit('broadcast-form', () => this.#broadcast())
    onSubmit('message-form', () => this.#message())
    onSubmit('room-form', () => this.#join())
    onSubmit('look-form', (button) => (button?.id === 'presence-list' ? this.#listPresence() : this.fetchState()))
    this.#more.addEventListener('click', () => void this.#listPresence(this.#nextUsers))
    this.showRooms([])
  }

  /** A new session: what was found out in the one before holds no more. */
  clear() {
    for (const form of ['broadcast', 'message', 'room', 'look']) showOutcome(`${form}-outcome`, 'ok', '')
    this.#stateOutput.hidden = true
    this.#more.hidden = true
    this.#users.replaceChildren()
  }

  /** @param {readonly string[]} rooms that the connection is in */
  showRooms(rooms) {
    const options = rooms.map((room) => ({ value: room, text: `Room ${room}` }))
    fillSelect(this.#broadcastTarget, [WHOLE_NAMESPACE, ...options])
    fillSelect(this.#lookTarget, [{ value: '', text: 'The namespace' }, ...options])
    byId('rooms', HTMLUListElement).replaceChildren(...rooms.map((room) => this.#roomItem(room)))
  }

  async #broadcast() {
    const message = parseMessage(byId('broadcast-text', HTMLInputElement).value)
    const retain = byId('broadcast-retain', HTMLInputElement).checked
    const payload = retain ? { message, retain } : { message }
    const room = this.#broadcastTarget.value || undefined
    const outcome = await this.#requests.send('core.game.state.broadcast', payload, { room })
    const done = outcome.success ? `Broadcast at offset ${outcome.data['offset']}.` : ''
    showOutcome('broadcast-outcome', outcome.success ? 'ok' : 'failed', describe(outcome, done))
  }

  async #message() {
    const target = byId('target-user', HTMLInputElement).value.trim()
    const payload = { target_user_id: target, text: byId('message-text', HTMLInputElement).value }
    const outcome = await this.#requests.send('core.game.state.send_message', payload)
    const done = outcome.success
      ? `Delivered to ${countText(outcome.data['delivered'], 'connection')} of ${target}.`
      : ''
    showOutcome('message-outcome', outcome.success ? 'ok' : 'failed', describe(outcome, done))
  }

  async #join() {
    const room = byId('room-id', HTMLInputElement).value.trim()
    const outcome = await this.#requests.send('core.game.room.join', { room_id: room })
    const done = outcome.success ? `Joined ${room}, ${countText(outcome.data['members'], 'member')}.` : ''
    showOutcome('room-outcome', outcome.success ? 'ok' : 'failed', describe(outcome, done))
    if (!outcome.success) return
    this.#broadcastTarget.value = room
    this.#lookTarget.value = room
    this.#showState(outcome.data['state'])
  }

  /** @param {string} room */
  async #leave(room) {
    const outcome = await this.#requests.send('core.game.room.leave', { room_id: room })
    showOutcome('room-outcome', outcome.success ? 'ok' : 'failed', describe(outcome, `Left ${room}.`))
  }

  /** @param {string} room */
  #roomItem(room) {
    const leave = element('button', { type: 'button', class: 'quiet', 'aria-label': `Leave ${room}` }, 'Leave')
    leave.addEventListener('click', () => void this.#leave(room))
    return element('li', { 'data-room': room }, element('span', {}, room), leave)
  }

  /** @param {string} room empty for the namespace; what is chosen in the form when absent */
  async fetchState(room = this.#lookTarget.value) {
    const outcome = await this.#requests.send('core.game.state.get', room === '' ? {} : { room_id: room })
    const done = outcome.success ? `${describeWhere(room)} at offset ${outcome.data['offset']}.` : ''
    showOutcome('look-outcome', outcome.success ? 'ok' : 'failed', describe(outcome, done))
    if (outcome.success) this.#showState(outcome.data['state'])
  }

  /** @param {unknown} state */
  #showState(state) {
    this.#stateOutput.hidden = false
    this.#stateOutput.textContent =
      state === null || state === undefined ? 'No state is retained.' : JSON.stringify(state, null, 2)
  }

  /** @param {string} [cursor] of the page before */
  async #listPresence(cursor) {
    const room = this.#lookTarget.value
    const payload = { ...(room === '' ? {} : { room_id: room }), limit: PRESENCE_LIMIT, ...(cursor ? { cursor } : {}) }
    const outcome = await this.#requests.send('core.game.presence.list', payload)
    const done = outcome.success ? `${describeWhere(room)}: ${amountText(outcome.data['total'])} present.` : ''
    showOutcome('look-outcome', outcome.success ? 'ok' : 'failed', describe(outcome, done))
    if (!outcome.success) return
    const { users, next_cursor: next } = outcome.data
    if (cursor === undefined) this.#users.replaceChildren()
    for (const user of users) this.#users.append(this.#userItem(typeof user === 'string' ? user : user.user_id))
    this.#more.hidden = typeof next !== 'string'
    this.#nextUsers = next
  }

  /** @param {string} user */
  #userItem(user) {
    const pick = element('button', { type: 'button', class: 'quiet', title: 'Write to this user' }, user)
    pick.addEventListener('click', () => {
      byId('target-user', HTMLInputElement).value = user
      byId('message-text', HTMLInputElement).focus()
    })
    return element('li', {}, pick)
  }
}

/** @param {string} room empty for the namespace */
function describeWhere(room) {
  return room === '' ? 'The namespace' : `Room ${room}`
}

/**
 * @param {unknown} counted a count, or a list
 * @param {string} noun
 */
function countText(counted, noun) {
  const count = Array.isArray(counted) ? counted.length : Number(counted)
  return count === 1 ? `1 ${noun}` : `${amountText(count)} ${noun}s`
}

/**
 * @param {string} text
 * @returns {unknown} an object or array where the text is one in JSON, else the text
 */
export function parseMessage(text) {
  if (!/^\s*[[{]/.test(text)) return text
  try {
    return JSON.parse(text)
  } catch {
    // Somebody's "[sic]" is a text like any other.
    return text
  }
}
