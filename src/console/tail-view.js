import { byId, onSubmit, showOutcome } from './dom.js'
import { EventsView } from './events-view.js'
import { describe } from './outcome.js'
import { Refresher } from './refresher.js'

/** @typedef {import('./session.js').Frame} Frame */

const REFRESH_MS = 1_000
const LIMIT = 500
/** So many in one look; what is behind them then is passed over, and said so. */
const PAGES_MAX = 4

/** What goes into the log, as it does. */
export class TailView {
  #admin
  #vitals
  #events = new EventsView('tail', 'What happens from now on appears here, newest first.')
  #refresher = new Refresher(REFRESH_MS, (isCurrent) => this.#read(isCurrent))
  /** The offset up to which the log was looked at; null: it is to begin where the log ends. */
  #since = /** @type {number | null} */ (null)
  #filter = { channel: '', type: '', sender: '' }
  /** All of the past is wanted, and not only what is now. */
  #isReadingPast = false

  /**
   * @param {import('./admin.js').Admin} admin
   * @param {import('./vitals.js').Vitals} vitals
   */
  constructor(admin, vitals) {
    this.#admin = admin
    this.#vitals = vitals
    onSubmit('tail-form', () => this.#begin())
    admin.onToken(() => {
      this.#events.clear()
      this.#refresher.now()
    })
  }

  show() {
    this.#refresher.show()
  }

  hide() {
    this.#refresher.hide()
  }

  #begin() {
    const text = (/** @type {string} */ id) => byId(id, HTMLInputElement).value.trim()
    this.#filter = { channel: text('tail-channel'), type: text('tail-type'), sender: text('tail-sender') }
    this.#isReadingPast = byId('tail-start', HTMLSelectElement).value === 'held'
    this.#since = this.#isReadingPast ? 0 : null
    this.#events.clear()
    this.#refresher.now()
  }

  /** @param {() => boolean} isCurrent */
  async #read(isCurrent) {
    const head = this.#vitals.latest?.total('log_head_offset') ?? null
    if (this.#since === null && head === null) return null
    this.#since ??= head ?? 0
    for (let page = 0; page < PAGES_MAX; page++) {
      const outcome = await this.#readPage(this.#since)
      if (!isCurrent()) return outcome
      showOutcome('tail-status', 'failed', describe(outcome, ''))
      if (!outcome.success) return outcome
      const { items, next_cursor: next } = outcome.data
      for (const event of items) if (this.#isWanted(event)) this.#events.add(event, false)
      this.#since = next === null ? (items.at(-1)?.offset ?? this.#since) : Number(next)
      if (next !== null) continue
      this.#isReadingPast = false
      return outcome
    }
    if (this.#isReadingPast) showOutcome('tail-status', 'busy', `Reading what is held: at ${this.#since} of ${head}.`)
    else this.#skip()
    return null
  }

  /** @param {number} since */
  #readPage(since) {
    const query = new URLSearchParams({ since: String(since), limit: String(LIMIT) })
    if (this.#filter.type !== '') query.set('type', fullType(this.#filter.type))
    return this.#admin.read(`/api/v1/events?${query}`)
  }

  /** Reading on from here would show ever later what is now. */
  #skip() {
    const head = this.#vitals.latest?.total('log_head_offset') ?? 0
    if (this.#since === null || head <= this.#since) return
    showOutcome('tail-status', 'busy', `Too many to show: passed over what is between ${this.#since} and ${head}.`)
    this.#since = head
  }

  /** @param {Frame} event */
  #isWanted({ room, namespace, userId }) {
    const { channel, sender } = this.#filter
    return (channel === '' || channel === room || channel === namespace) && (sender === '' || sender === userId)
  }
}

/** @param {string} type as it is, or without what all of them begin with */
function fullType(type) {
  return type.includes('core.game.') ? type : `core.game.${type}`
}
