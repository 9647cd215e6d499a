import { Actions } from './actions.js'
import { Connection } from './connection.js'
import { byId, onClick, onSubmit } from './dom.js'
import { EventsView } from './events-view.js'
import { ExchangesView } from './exchanges-view.js'
import { Playground } from './playground.js'
import { Shop } from './shop.js'

/** One connection as a client has it, and forms for all that a client may ask. It stays when another view is shown. */
export class PlaygroundView {
  #token = byId('token', HTMLInputElement)
  #events = new EventsView('events', 'Connect, and what happens in your channels appears here, newest first.')
  #connection = new Connection({
    onStatus: (state, text) => this.#showStatus(state, text),
    onEvent: (event, isRepeated) => {
      this.#events.add(event, isRepeated)
      showFact('offset', String(this.#connection.offset))
    },
    onSession: (payload) => this.#showSession(payload),
    onRooms: (rooms) => this.#actions.showRooms(rooms),
    onUnrecovered: (rooms) => ['', ...rooms].forEach((room) => void this.#actions.fetchState(room)),
    onRoundTrip: (ms) => showFact('round-trip', `${ms.toFixed(1)} ms`),
    onExchange: (exchange) => this.#exchanges.show(exchange),
  })
  #actions = new Actions(this.#connection.requests)
  #playground = new Playground(this.#connection.requests)
  #exchanges = new ExchangesView((sent) => this.#playground.edit(sent))
  #shop = new Shop(this.#connection.requests)

  constructor() {
    onClick('connect-guest', () => this.#connection.connect(''))
    onClick('disconnect', () => this.#connection.disconnect())
    onSubmit('connect-form', () => this.#connection.connect(this.#token.value.trim()))
  }

  show() {
    void this.#shop.load()
  }

  hide() {}

  /**
   * @param {import('./connection.js').State} state
   * @param {string} text
   */
  #showStatus(state, text) {
    const line = byId('status', HTMLElement)
    line.dataset['state'] = state
    line.textContent = text
    // A resumed session goes on as it was.
    if (state === 'connected') this.#actions.clear()
    const isUp = state === 'connected' || state === 'resumed'
    for (const button of document.querySelectorAll('button[data-needs-connection]')) {
      button.toggleAttribute('disabled', !isUp)
    }
    byId('disconnect', HTMLButtonElement).disabled = state === 'idle' || state === 'closed'
  }

  /** @param {Record<string, any>} payload of `ready` or `resumed` */
  #showSession(payload) {
    for (const name of ['user_id', 'namespace', 'node', 'epoch']) showFact(name.replace('_id', ''), payload[name])
    showFact('offset', String(this.#connection.offset))
  }
}

/**
 * @param {string} name
 * @param {unknown} value
 */
function showFact(name, value) {
  byId(`fact-${name}`, HTMLElement).textContent = String(value)
}
