import { EVENT } from '../client/index.ts'
import { byId, element, onSubmit, showOutcome } from './dom.ts'
import { parseEnvelope, toJson } from './envelope.ts'
import { describe } from './outcome.ts'
import type { Player } from './player.ts'

const TEMPLATES: ReadonlyArray<{ eventType: string; room?: string; payload: Record<string, unknown> }> = [
  { eventType: EVENT.broadcast, payload: { message: { x: 3, y: 4 }, retain: false } },
  { eventType: EVENT.broadcast, room: 'arena-1', payload: { message: 'hello, room' } },
  { eventType: EVENT.sendMessage, payload: { target_user_id: 'alice', data: { hp: 7 } } },
  {
    eventType: EVENT.buyGood,
    payload: { good_id: 'sword', count: 1, idempotency_key: 'my-key-0123456789' },
  },
  { eventType: EVENT.stateGet, payload: {} },
  { eventType: EVENT.roomJoin, payload: { room_id: 'arena-1' } },
  { eventType: EVENT.roomLeave, payload: { room_id: 'arena-1' } },
  { eventType: EVENT.presenceList, payload: { limit: 10 } },
  { eventType: EVENT.sessionRefresh, payload: { token: '' } },
  { eventType: EVENT.sessionPing, payload: {} },
]

/** The form that sends any text as an envelope. */
export class Playground {
  readonly #text = byId('envelope', HTMLTextAreaElement)
  #nextId = 1

  constructor(player: Player) {
    const template = byId('envelope-template', HTMLSelectElement)
    for (const [index, { eventType, room }] of TEMPLATES.entries()) {
      const where = room === undefined ? '' : ' (in a room)'
      template.append(element('option', { value: String(index) }, eventType.replace('core.game.', '') + where))
    }
    template.addEventListener('change', () => this.#fill(Number(template.value)))
    this.#fill(0)
    onSubmit('envelope-form', () => this.#send(player))
  }

  /** @param sent a text that was sent; it is put into the form for editing */
  edit(sent: string) {
    this.#text.value = layOut(sent)
    this.#text.focus()
  }

  #fill(index: number) {
    this.#text.value = JSON.stringify({ id: `my-${this.#nextId++}`, ...TEMPLATES[index] }, null, 2)
  }

  async #send(player: Player) {
    const text = this.#text.value
    const isObject = parseEnvelope(text) !== null
    showOutcome('envelope-outcome', 'busy', !isObject ? 'Sent, although it is not a JSON object.' : 'Sent.')
    const outcome = await player.send(text)
    if (outcome === null) return
    showOutcome('envelope-outcome', outcome.success ? 'ok' : 'failed', describe(outcome, 'Done.'))
  }
}

/** Returns the same request on several lines. Text that would not be the same afterwards is returned unchanged. */
function layOut(sent: string): string {
  const envelope = parseEnvelope(sent)
  try {
    return envelope === null ? sent : toJson(envelope, 2)
  } catch {
    return sent
  }
}
