import type { EventEnvelope } from '../client/index.ts'
import type { Page } from '../protocol/page.ts'
import type { Admin } from './admin.ts'
import { byId, onSubmit, showOutcome } from './dom.ts'
import { EventsView } from './events-view.ts'
import { describe, type Outcome } from './outcome.ts'
import { View } from './view.ts'
import type { Vitals } from './vitals.ts'

const REFRESH_MS = 1_000
const LIMIT = 500
/** How many events one read gets. If there are more, they are skipped, and the view says so. */
const PAGES_MAX = 4

/** Shows events as they enter the log. */
export class TailView extends View {
  readonly #admin: Admin
  readonly #vitals: Vitals
  readonly #events = new EventsView('tail', 'New events appear here, newest first.')
  /** The offset up to which the log was read. Null to begin at the end of the log. */
  #since: number | null = null
  #filter = { channel: '', type: '', sender: '' }
  /** Whether the whole history is read first, and not only new events. */
  #isReadingPast = false

  constructor(admin: Admin, vitals: Vitals) {
    super(REFRESH_MS)
    this.#admin = admin
    this.#vitals = vitals
    onSubmit('tail-form', () => this.#begin())
    admin.onToken(() => {
      this.#events.clear()
      this.refresh()
    })
  }

  #begin() {
    const text = (id: string) => byId(id, HTMLInputElement).value.trim()
    this.#filter = { channel: text('tail-channel'), type: text('tail-type'), sender: text('tail-sender') }
    this.#isReadingPast = byId('tail-start', HTMLSelectElement).value === 'held'
    this.#since = this.#isReadingPast ? 0 : null
    this.#events.clear()
    this.refresh()
  }

  protected override async read(isCurrent: () => boolean): Promise<Outcome | null> {
    const head = this.#vitals.latest?.total('log_head_offset') ?? null
    if (this.#since === null && head === null) return null
    for (let page = 0; page < PAGES_MAX; page++) {
      const since: number = this.#since ?? head ?? 0
      const outcome = await this.#readPage(since)
      if (!isCurrent()) return outcome
      showOutcome('tail-status', 'failed', describe(outcome, ''))
      if (!outcome.success) return outcome
      const { items, next_cursor: next } = outcome.data
      for (const event of items) if (this.#isWanted(event)) this.#events.add(event)
      this.#since = next === null ? (items.at(-1)?.offset ?? since) : Number(next)
      if (next !== null) continue
      this.#isReadingPast = false
      return outcome
    }
    if (this.#isReadingPast) showOutcome('tail-status', 'busy', `Reading the history: at ${this.#since} of ${head}.`)
    else this.#skip()
    return null
  }

  #readPage(since: number) {
    const query = new URLSearchParams({ since: String(since), limit: String(LIMIT) })
    if (this.#filter.type !== '') query.set('type', fullType(this.#filter.type))
    return this.#admin.read<Page<EventEnvelope>>(`/api/v1/events?${query}`)
  }

  /** Skips to the end of the log. Otherwise the view would fall ever further behind. */
  #skip() {
    const head = this.#vitals.latest?.total('log_head_offset') ?? 0
    if (this.#since === null || head <= this.#since) return
    showOutcome('tail-status', 'busy', `Too many events to show: skipped those between ${this.#since} and ${head}.`)
    this.#since = head
  }

  #isWanted({ room, namespace, userId }: EventEnvelope) {
    const { channel, sender } = this.#filter
    return (channel === '' || channel === room || channel === namespace) && (sender === '' || sender === userId)
  }
}

/** @param type an event type, with or without the prefix that all types have */
function fullType(type: string) {
  return type.includes('core.game.') ? type : `core.game.${type}`
}
