import { byId, element } from './dom.js'
import { parseEnvelope } from './envelope.js'

/** @typedef {import('./replies.js').Exchange} Exchange */

const EXCHANGES_MAX = 20

/** What was sent, and what came back: newest first, and only the newest unfolded. */
export class ExchangesView {
  #list = byId('exchanges', HTMLOListElement)
  /** @type {Map<Exchange, HTMLDetailsElement>} oldest first */
  #items = new Map()
  #newest = /** @type {HTMLDetailsElement | null} */ (null)
  #onEdit

  /** @param {(sent: string) => void} onEdit */
  constructor(onEdit) {
    this.#onEdit = onEdit
  }

  /** @param {Exchange} exchange shown anew whenever it has changed */
  show(exchange) {
    const details = this.#items.get(exchange) ?? this.#add(exchange)
    const { sent, reply, note, isOk } = exchange
    const word = isOk === null ? 'sent' : isOk ? 'ok' : 'failed'
    details.replaceChildren(summaryOf(exchange, word))
    if (sent !== null) details.append(block('Sent', sent))
    if (reply !== null) details.append(block('Reply', JSON.stringify(reply)))
    if (note !== '') details.append(element('p', { class: 'hint' }, note))
    if (sent !== null) details.append(this.#editButton(sent))
    details.parentElement?.setAttribute('data-state', word)
  }

  /** @param {Exchange} exchange */
  #add(exchange) {
    const details = element('details', { open: '' })
    this.#items.set(exchange, details)
    this.#list.prepend(element('li', {}, details))
    // Folded by itself is only what was unfolded by itself.
    if (this.#newest !== null) this.#newest.open = false
    this.#newest = details
    const [oldest] = this.#items.keys()
    if (oldest !== undefined && this.#items.size > EXCHANGES_MAX) {
      this.#items.get(oldest)?.parentElement?.remove()
      this.#items.delete(oldest)
    }
    return details
  }

  /** @param {string} sent */
  #editButton(sent) {
    const button = element('button', { type: 'button', class: 'quiet' }, 'Edit and send again')
    button.addEventListener('click', () => this.#onEdit(sent))
    return button
  }
}

/**
 * @param {Exchange} exchange
 * @param {string} word
 */
function summaryOf({ sent, elapsedMs }, word) {
  const time = elapsedMs === null ? '' : ` in ${elapsedMs.toFixed(1)} ms`
  const title = sent === null ? 'a reply' : typeOf(sent)
  return element('summary', {}, element('strong', {}, title), element('span', {}, word + time))
}

/** @param {string} sent */
function typeOf(sent) {
  const eventType = parseEnvelope(sent)?.['eventType']
  return typeof eventType === 'string' ? eventType.replace('core.game.', '') : 'no event type'
}

/**
 * @param {string} label
 * @param {string} text
 */
function block(label, text) {
  return element('div', { class: 'block' }, element('h4', {}, label), element('pre', { class: 'code' }, text))
}
