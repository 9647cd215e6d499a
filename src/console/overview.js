import { wallMs } from './clock.js'
import { byId, element, showOutcome } from './dom.js'
import { Plot } from './plot.js'
import { PLOTS } from './plots.js'
import { bytesText, countText, durationText } from './units.js'

/**
 * @typedef {import('./metrics.js').Scrape} Scrape
 * @typedef {import('./readings.js').Look} Look
 */

/** @type {ReadonlyArray<readonly [term: string, read: (scrape: Scrape) => string, isWell?: (scrape: Scrape) => boolean]>} */
const FACTS = [
  ['Node', (scrape) => scrape.samples('build_info')[0]?.labels['node'] ?? '—'],
  ['Version', (scrape) => scrape.samples('build_info')[0]?.labels['version'] ?? '—'],
  ['Up for', uptimeText],
  [
    'Workers',
    (scrape) => `${scrape.total('workers_listening') ?? '—'} of ${scrape.total('workers_wanted') ?? '—'}`,
    (scrape) => scrape.total('workers_listening') === scrape.total('workers_wanted'),
  ],
  [
    'Store',
    (scrape) => (isOne(scrape, 'store_up') ? 'takes commits' : 'takes none'),
    (scrape) => isOne(scrape, 'store_up'),
  ],
  [
    'Token keys',
    (scrape) => (isOne(scrape, 'token_keys_ready') ? 'ready' : 'not read yet'),
    (scrape) => isOne(scrape, 'token_keys_ready'),
  ],
  ['Nodes', (scrape) => countOf(scrape, 'cluster_nodes'), (scrape) => isOne(scrape, 'node_place_held')],
  ['Rooms', (scrape) => countOf(scrape, 'rooms')],
  ['Log at', (scrape) => String(scrape.total('log_head_offset') ?? '—')],
  ['Disk free', diskText],
]

/** @param {Scrape} scrape */
function uptimeText(scrape) {
  const primary = scrape.samples('process_start_time_seconds').find(({ labels }) => labels['process'] === 'primary')
  return primary === undefined ? '—' : durationText(wallMs() - primary.value * 1_000)
}

/** @param {Scrape} scrape */
function diskText(scrape) {
  const free = scrape.total('disk_free_bytes')
  return free === null ? 'not here' : bytesText(free)
}

/**
 * @param {Scrape} scrape
 * @param {string} name
 */
function countOf(scrape, name) {
  const count = scrape.total(name)
  return count === null ? '—' : countText(count)
}

/**
 * @param {Scrape} scrape
 * @param {string} name
 */
function isOne(scrape, name) {
  return scrape.total(name) === 1
}

/** The plots, and how the node is. */
export class Overview {
  #plots = PLOTS.map((about) => new Plot(about))
  #list = byId('plots', HTMLUListElement)
  #span = byId('span', HTMLSelectElement)
  #isShown = false
  #updates = 0

  /** @param {import('./vitals.js').Vitals} vitals */
  constructor(vitals) {
    this.#list.append(...this.#plots.map((plot) => plot.element))
    const facts = FACTS.map(([term]) => element('div', {}, element('dt', {}, term), element('dd', {}, '—')))
    byId('node-facts', HTMLElement).append(...facts)
    vitals.listen((look) => this.#add(look))
    this.#span.addEventListener('change', () => this.#draw())
    const pause = byId('plots-pause', HTMLButtonElement)
    pause.addEventListener('click', () => {
      const isPaused = pause.getAttribute('aria-pressed') !== 'true'
      pause.setAttribute('aria-pressed', String(isPaused))
      vitals.pause(isPaused)
      if (isPaused) showOutcome('server-status', 'busy', 'Paused.')
    })
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
      for (const plot of this.#plots) plot.redraw()
    })
  }

  show() {
    this.#isShown = true
    this.#draw()
  }

  hide() {
    this.#isShown = false
  }

  /** @param {Look | null} look */
  #add(look) {
    const atS = wallMs() / 1_000
    for (const plot of this.#plots) plot.add(atS, look)
    this.#showFacts(look)
    if (this.#isShown) this.#draw()
    if (look !== null) this.#list.dataset['updates'] = String(++this.#updates)
  }

  #draw() {
    for (const plot of this.#plots) plot.draw(Number(this.#span.value))
  }

  /** @param {Look | null} look */
  #showFacts(look) {
    for (const [i, place] of [...document.querySelectorAll('#node-facts dd')].entries()) {
      const [, read, isWell] = FACTS[i] ?? []
      place.textContent = look === null || read === undefined ? '—' : read(look.now)
      place.classList.toggle('bad', look !== null && isWell?.(look.now) === false)
    }
  }
}
