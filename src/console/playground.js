import { byId, element, onSubmit, showOutcome } from './dom.js'
import { parseEnvelope, toJson } from './envelope.js'
import { describe } from './outcome.js'

/** @type {ReadonlyArray<{ eventType: string, room?: string, payload: Record<string, unknown> }>} */
const TEMPLATES = [
  { eventType: 'core.game.state.broadcast', payload: { message: { x: 3, y: 4 }, retain: false } },
  { eventType: 'core.game.state.broadcast', room: 'arena-1', payload: { message: 'hello, room' } },
  { eventType: 'core.game.state.send_message', payload: { target_user_id: 'alice', data: { hp: 7 } } },
  {
    eventType: 'core.game.state.buy_good',
    payload: { good_id: 'sword', count: 1, idempotency_key: 'my-key-0123456789' },
  },
  { eventType: 'core.game.state.get', payload: {} },
  { eventType: 'core.game.room.join', payload: { room_id: 'arena-1' } },
  { eventType: 'core.game.room.leave', payload: { room_id: 'arena-1' } },
  { eventType: 'core.game.presence.list', payload: { limit: 10 } },
  { eventType: 'core.game.session.refresh', payload: { token: '' } },
  { eventType: 'core.game.session.ping', payload: {} },
]

/** The form that sends any text as an envelope. */
export class Playground {
  #text = byId('envelope', HTMLTextAreaElement)
  #nextId = 1

  /** @param {import('./requests.js').Requests} requests */
  constructor(requests) {
    const template = byId('envelope-template', HTMLSelectElement)
    for (const [index, { eventType, room }] of TEMPLATES.entries()) {
      const where = room === undefined ? '' : ' (in a room)'
      template.append(element('option', { value: String(index) }, eventType.replace('core.game.', '') + where))
    }
    template.addEventListener('change', () => this.#fill(Number(template.value)))
    this.#fill(0)
    onSubmit('envelope-form', () => this.#send(requests))
  }

  /** @param {string} sent goes into the form, laid out to be changed */
  edit(sent) {
    this.#text.value = layOut(sent)
    this.#text.focus()
  }

  /** @param {number} index */
  #fill(index) {
    this.#text.value = JSON.stringify({ id: `my-${this.#nextId++}`, ...TEMPLATES[index] }, null, 2)
  }

  /** @param {import('./requests.js').Requests} requests */
  async #send(requests) {
    const text = this.#text.value
    const envelope = parseEnvelope(text)
    showOutcome('envelope-outcome', 'busy', envelope === null ? 'Not a JSON object: sent all the same.' : 'Sent.')
    const outcome = await requests.sendRaw(text, envelope)
    if (outcome === null) return
    showOutcome('envelope-outcome', outcome.success ? 'ok' : 'failed', describe(outcome, 'Done.'))
  }
}

/**
 * @param {string} sent
 * @returns {string} the same request on several lines; what would not be the same stays as it was
 */
function layOut(sent) {
  const envelope = parseEnvelope(sent)
  try {
    return envelope === null ? sent : toJson(envelope, 2)
  } catch {
    return sent
  }
}
