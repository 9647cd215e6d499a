import { Actions } from './actions.js'
import { Connection } from './connection.js'
import { byId, onSubmit } from './dom.js'
import { EventsView } from './events-view.js'
import { ExchangesView } from './exchanges-view.js'
import { MetricsView } from './metrics-view.js'
import { Players } from './players.js'
import { Playground } from './playground.js'
import { Shop } from './shop.js'

/** The page, put together: one connection, and views that know nothing of each other. */
const statusLine = byId('status', HTMLElement)
const token = byId('token', HTMLInputElement)
const events = new EventsView()

const connection = new Connection({
  onStatus: showStatus,
  onEvent(event, isRepeated) {
    events.add(event, isRepeated)
    showFact('offset', String(connection.offset))
  },
  onSession: showSession,
  onRooms: (rooms) => actions.showRooms(rooms),
  onUnrecovered: (rooms) => ['', ...rooms].forEach((room) => void actions.fetchState(room)),
  onRoundTrip: (ms) => showFact('round-trip', `${ms.toFixed(1)} ms`),
  onExchange: (exchange) => exchanges.show(exchange),
})

const actions = new Actions(connection.requests)
const playground = new Playground(connection.requests)
const exchanges = new ExchangesView((sent) => playground.edit(sent))
const players = new Players()
const shop = new Shop(connection.requests)
const metrics = new MetricsView()

void shop.load()
void metrics.poll()

byId('connect-guest', HTMLButtonElement).addEventListener('click', () => connection.connect(''))
byId('disconnect', HTMLButtonElement).addEventListener('click', () => connection.disconnect())
onSubmit('connect-form', () => connection.connect(token.value.trim()))

/**
 * @param {import('./connection.js').State} state
 * @param {string} text
 */
function showStatus(state, text) {
  statusLine.dataset['state'] = state
  statusLine.textContent = text
  // A resumed session goes on as it was.
  if (state === 'connected') actions.clear()
  const isUp = state === 'connected' || state === 'resumed'
  for (const button of document.querySelectorAll('button[data-needs-connection]')) {
    button.toggleAttribute('disabled', !isUp)
  }
  byId('disconnect', HTMLButtonElement).disabled = state === 'idle' || state === 'closed'
}

/** @param {Record<string, any>} payload of `ready` or `resumed` */
function showSession(payload) {
  showFact('user', payload['user_id'])
  showFact('namespace', payload['namespace'])
  showFact('node', payload['node'])
  showFact('epoch', payload['epoch'])
  showFact('offset', String(connection.offset))
  players.suggest(payload['user_id'])
}

/**
 * @param {string} name
 * @param {unknown} value
 */
function showFact(name, value) {
  byId(`fact-${name}`, HTMLElement).textContent = String(value)
}
