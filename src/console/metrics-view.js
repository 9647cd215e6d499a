import { monotonicMs } from './clock.js'
import { byId, element } from './dom.js'
import { maxOf, parseMetrics, rateOf, sumOf } from './metrics.js'
import { Sparkline } from './sparkline.js'

/** @typedef {import('./metrics.js').Sample} Sample */

const POLL_MS = 2_000
const TIMEOUT_MS = 5_000

/**
 * @typedef {{ id: string, label: string, name: string, part?: string, isRate?: boolean, isDelay?: boolean,
 *   hasLine?: boolean }} Tile part: the label whose values are listed below the number
 * @type {readonly Tile[]}
 */
const TILES = [
  { id: 'connections', label: 'Connections', name: 'drumbeat_connections', part: 'namespace' },
  { id: 'events-in', label: 'Events in/s', name: 'drumbeat_events_in_total', isRate: true, hasLine: true },
  { id: 'events-out', label: 'Events out/s', name: 'drumbeat_events_out_total', isRate: true, hasLine: true },
  { id: 'deliveries', label: 'Deliveries/s', name: 'drumbeat_deliveries_total', isRate: true, hasLine: true },
  { id: 'purchases', label: 'Purchases', name: 'drumbeat_purchases_total', part: 'outcome' },
  { id: 'commits', label: 'Commits/s', name: 'drumbeat_commits_total', isRate: true },
  { id: 'loop-delay', label: 'Loop delay p99', name: 'drumbeat_event_loop_delay_p99_seconds', isDelay: true },
  { id: 'slow-consumers', label: 'Slow consumers', name: 'drumbeat_slow_consumers_total' },
  { id: 'closes', label: 'Closed', name: 'drumbeat_socket_closes_total', part: 'code' },
]

/** The server's numbers, read every two seconds while somebody can see them. */
export class MetricsView {
  /** @type {Map<string, { value: HTMLElement, parts: HTMLElement, line: Sparkline | null }>} */
  #places = new Map()
  /** @type {Map<string, number>} the totals of the last poll, by name */
  #before = new Map()
  #beforeAt = 0
  #status = byId('metrics-status', HTMLElement)

  constructor() {
    const list = byId('metrics', HTMLElement)
    for (const tile of TILES) list.append(this.#makeTile(tile))
  }

  /** @param {Tile} tile */
  #makeTile({ id, label, hasLine }) {
    const value = element('dd', { id: `metric-${id}`, class: 'value' }, '—')
    const parts = element('dd', { class: 'parts' })
    const line = hasLine ? new Sparkline() : null
    this.#places.set(id, { value, parts, line })
    return element(
      'div',
      { class: 'tile' },
      element('dt', {}, label),
      value,
      line === null ? parts : element('dd', {}, line.svg),
    )
  }

  /** Goes on for as long as the page is there. */
  async poll() {
    if (!document.hidden) await this.#read()
    setTimeout(() => this.poll(), POLL_MS)
  }

  async #read() {
    try {
      const response = await fetch('/metrics', { cache: 'no-store', signal: AbortSignal.timeout(TIMEOUT_MS) })
      if (!response.ok) throw new Error(`/metrics answered ${response.status}`)
      const text = await response.text()
      this.#show(parseMetrics(text))
      this.#say('')
    } catch (error) {
      this.#show([])
      this.#say(`No numbers: ${error instanceof Error ? error.message : String(error)}`)
    }
  }

  /** @param {string} text said again only when it changes, as it is read aloud */
  #say(text) {
    if (this.#status.textContent !== text) this.#status.textContent = text
  }

  /** @param {readonly Sample[]} samples */
  #show(samples) {
    const now = monotonicMs()
    const elapsedMs = now - this.#beforeAt
    const before = this.#before
    this.#before = new Map()
    this.#beforeAt = now
    for (const tile of TILES) {
      const sum = sumOf(samples, tile.name, tile.part)
      if (sum !== null) this.#before.set(tile.name, sum.total)
      const place = this.#places.get(tile.id)
      if (place === undefined) continue
      const rate = rateOf(before.get(tile.name), sum?.total, elapsedMs)
      place.line?.add(rate)
      place.value.textContent = valueText(tile, samples, tile.isRate ? rate : (sum?.total ?? null))
      place.parts.textContent = partsText(sum?.by ?? new Map())
    }
  }
}

/**
 * @param {Tile} tile
 * @param {readonly Sample[]} samples
 * @param {number | null} value
 */
function valueText(tile, samples, value) {
  if (tile.isDelay) {
    const seconds = maxOf(samples, tile.name)
    return seconds === null ? '—' : `${(seconds * 1_000).toFixed(1)} ms`
  }
  if (value === null) return '—'
  const digits = tile.isRate && value < 100 ? 1 : 0
  return value.toLocaleString(undefined, { minimumFractionDigits: digits, maximumFractionDigits: digits })
}

/** @param {ReadonlyMap<string, number>} by */
function partsText(by) {
  return Array.from(by, ([part, value]) => `${part.replaceAll('_', ' ').toLowerCase()} ${value.toLocaleString()}`).join(
    ' · ',
  )
}
