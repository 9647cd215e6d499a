import type { EventEnvelope } from '../client/index.ts'
import { byId, element } from './dom.ts'

/** An event of the log, or a frame of the session, which has no offset. */
export interface ShownEvent extends Partial<Omit<EventEnvelope, 'eventType' | 'payload'>> {
  readonly eventType: string
  readonly payload?: object
}

/** A row, with the text that the filter searches. */
interface Shown {
  readonly row: HTMLTableRowElement
  readonly text: string
}

const ROWS_MAX = 500
const SHORT_PAYLOAD_CHARS = 140
const COMMON_PREFIX = 'core.game.'
const COLUMNS: ReadonlyArray<readonly [title: string, kind: string]> = [
  ['Offset', 'number'],
  ['Prev', 'number'],
  ['Time', ''],
  ['Channel', ''],
  ['Sender', ''],
  ['Type', ''],
  ['Payload', ''],
]

const TIME = new Intl.DateTimeFormat(undefined, {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  fractionalSecondDigits: 3,
  hourCycle: 'h23',
})

/** The list of events, newest first. All events that arrive between two frames of the screen are drawn at once. */
export class EventsView {
  /** The rows in the page, newest first. */
  #shown: Shown[] = []
  /** Events that are not in the page yet, oldest first. */
  #pending: ShownEvent[] = []
  #received = 0
  #isPaused = false
  #isDrawing = false
  #needle = ''
  readonly #body: HTMLElement
  readonly #count: HTMLElement
  readonly #empty: HTMLElement
  readonly #pause: HTMLElement

  /** @param prefix the prefix of its ids: the list is put into `PREFIX-panel`, below a title `PREFIX-title` */
  constructor(prefix: string, whenEmpty: string) {
    this.#body = element('tbody', { id: prefix, role: 'rowgroup' })
    this.#count = byId(`${prefix}-count`, HTMLElement)
    this.#empty = element('p', { class: 'empty' }, whenEmpty)
    this.#pause = element('button', { id: `${prefix}-pause`, type: 'button', 'aria-pressed': 'false' }, 'Pause')
    this.#pause.addEventListener('click', () => this.#togglePause())
    const clear = element('button', { id: `${prefix}-clear`, type: 'button' }, 'Clear')
    clear.addEventListener('click', () => this.clear())
    const attributes = { type: 'search', autocomplete: 'off', placeholder: 'type, sender, room, payload' }
    const filter = element('input', { id: `${prefix}-filter`, ...attributes })
    filter.addEventListener('input', () => this.#filter(filter.value))
    const label = element('label', { for: filter.id }, 'Find')
    byId(`${prefix}-panel`, HTMLElement).append(
      element('div', { class: 'toolbar' }, label, filter, this.#pause, clear),
      this.#makeScroller(`${prefix}-title`),
    )
  }

  #makeScroller(titleId: string) {
    // Roles are needed because on small screens the table has another layout, which would hide that it is a table.
    const heads = COLUMNS.map(([title, kind]) =>
      element('th', { role: 'columnheader', scope: 'col', class: kind }, title),
    )
    const row = element('tr', { role: 'row' }, ...heads)
    const head = element('thead', { role: 'rowgroup' }, row)
    const table = element('table', { class: 'events', role: 'table', 'aria-labelledby': titleId }, head, this.#body)
    const attributes = { class: 'scroller', tabindex: '0', role: 'region', 'aria-labelledby': titleId }
    return element('div', attributes, table, this.#empty)
  }

  add(event: ShownEvent) {
    this.#received++
    this.#pending.push(event)
    if (this.#pending.length > ROWS_MAX) this.#pending.shift()
    this.#drawSoon()
  }

  #drawSoon() {
    if (this.#isDrawing) return
    this.#isDrawing = true
    requestAnimationFrame(() => {
      this.#isDrawing = false
      if (!this.#isPaused) this.#draw()
      this.#drawCount()
    })
  }

  #draw() {
    const fresh = this.#pending.map((event) => this.#makeRow(event)).reverse()
    this.#pending = []
    this.#body.prepend(...fresh.map(({ row }) => row))
    this.#shown.unshift(...fresh)
    for (const { row } of this.#shown.splice(ROWS_MAX)) row.remove()
    this.#empty.hidden = this.#shown.length > 0
  }

  #drawCount() {
    const waiting = this.#isPaused ? `, paused with ${this.#pending.length} waiting` : ''
    const matching = this.#needle === '' ? '' : `${this.#shown.filter(({ row }) => !row.hidden).length} matching of `
    this.#count.textContent = `${matching}${this.#shown.length} shown, ${this.#received} received${waiting}`
  }

  #makeRow(event: ShownEvent): Shown {
    const payload = JSON.stringify(event.payload ?? {})
    const channel = event.room ?? event.namespace ?? ''
    const row = element('tr', {
      role: 'row',
      'data-event-type': event.eventType,
      'data-offset': event.offset === undefined ? '' : String(event.offset),
    })
    row.append(
      cell('offset number', numberText(event.offset)),
      cell('prev number', numberText(event.prev)),
      cell('time', event.timestamp === undefined ? '—' : TIME.format(new Date(event.timestamp))),
      cell('channel', channel === '' ? '—' : channel),
      cell('sender', event.userId ?? '—'),
      cell('type', typeLabel(event.eventType)),
      cell('payload', payloadNode(payload, event.payload)),
    )
    const text = [event.eventType, event.userId, event.room, event.namespace, payload].join('\n').toLowerCase()
    row.hidden = !text.includes(this.#needle)
    return { row, text }
  }

  #filter(text: string) {
    this.#needle = text.trim().toLowerCase()
    for (const shown of this.#shown) shown.row.hidden = !shown.text.includes(this.#needle)
    this.#drawCount()
  }

  #togglePause() {
    this.#isPaused = !this.#isPaused
    this.#pause.setAttribute('aria-pressed', String(this.#isPaused))
    this.#drawSoon()
  }

  clear() {
    this.#body.replaceChildren()
    this.#shown = []
    this.#pending = []
    this.#received = 0
    this.#empty.hidden = false
    this.#drawCount()
  }
}

function numberText(value: unknown) {
  return typeof value === 'number' ? String(value) : '—'
}

function cell(className: string, ...children: Array<Node | string>) {
  return element('td', { role: 'cell', class: className }, ...children)
}

function typeLabel(eventType: string) {
  const short = eventType.startsWith(COMMON_PREFIX) ? eventType.slice(COMMON_PREFIX.length) : eventType
  return element('span', { class: 'tag', title: eventType, 'data-family': short.split('.')[0] ?? '' }, short)
}

/** @param text the whole payload as JSON */
function payloadNode(text: string, payload: unknown) {
  if (text.length <= SHORT_PAYLOAD_CHARS) return element('code', {}, text)
  const summary = element('summary', {}, element('code', {}, `${text.slice(0, SHORT_PAYLOAD_CHARS)}…`))
  const details = element('details', {}, summary)
  // Most payloads are never opened, and one may be 16 KiB long, so it is only written out when it is opened.
  const whole = () => details.append(element('pre', { class: 'code' }, JSON.stringify(payload, null, 2)))
  details.addEventListener('toggle', whole, { once: true })
  return details
}
