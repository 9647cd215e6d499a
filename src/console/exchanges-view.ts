import { byId, element } from './dom.ts'
import { parseEnvelope } from './envelope.ts'
import type { Exchange } from './wire.ts'

const EXCHANGES_MAX = 20

/** Shows what was sent and the replies, newest first. Only the newest exchange is unfolded. */
export class ExchangesView {
  readonly #list = byId('exchanges', HTMLOListElement)
  /** The exchanges, oldest first. */
  readonly #items: Map<Exchange, HTMLDetailsElement> = new Map()
  #newest: HTMLDetailsElement | null = null
  readonly #onEdit: (sent: string) => void

  constructor(onEdit: (sent: string) => void) {
    this.#onEdit = onEdit
  }

  /** @param exchange call this again whenever it has changed */
  show(exchange: Exchange) {
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

  #add(exchange: Exchange) {
    const details = element('details', { open: '' })
    this.#items.set(exchange, details)
    this.#list.prepend(element('li', {}, details))
    // An exchange that the user has unfolded is not folded automatically.
    if (this.#newest !== null) this.#newest.open = false
    this.#newest = details
    const [oldest] = this.#items.keys()
    if (oldest !== undefined && this.#items.size > EXCHANGES_MAX) {
      this.#items.get(oldest)?.parentElement?.remove()
      this.#items.delete(oldest)
    }
    return details
  }

  #editButton(sent: string) {
    const button = element('button', { type: 'button', class: 'quiet' }, 'Edit and send again')
    button.addEventListener('click', () => this.#onEdit(sent))
    return button
  }
}

function summaryOf({ sent, elapsedMs }: Exchange, word: string) {
  const time = elapsedMs === null ? '' : ` in ${elapsedMs.toFixed(1)} ms`
  const title = sent === null ? 'a reply' : typeOf(sent)
  return element('summary', {}, element('strong', {}, title), element('span', {}, word + time))
}

function typeOf(sent: string) {
  const eventType = parseEnvelope(sent)?.['eventType']
  return typeof eventType === 'string' ? eventType.replace('core.game.', '') : 'no event type'
}

function block(label: string, text: string) {
  return element('div', { class: 'block' }, element('h4', {}, label), element('pre', { class: 'code' }, text))
}
