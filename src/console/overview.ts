import { wallMs } from './clock.ts'
import { byId, element, showOutcome } from './dom.ts'
import type { Scrape } from './metrics.ts'
import { Plot } from './plot.ts'
import { PLOTS } from './plots.ts'
import type { Look } from './readings.ts'
import { bytesText, countText, durationText } from './units.ts'
import { View } from './view.ts'
import type { Vitals } from './vitals.ts'

const FACTS: ReadonlyArray<
  readonly [term: string, read: (scrape: Scrape) => string, isWell?: (scrape: Scrape) => boolean]
> = [
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

function uptimeText(scrape: Scrape) {
  const primary = scrape.samples('process_start_time_seconds').find(({ labels }) => labels['process'] === 'primary')
  return primary === undefined ? '—' : durationText(wallMs() - primary.value * 1_000)
}

function diskText(scrape: Scrape) {
  const free = scrape.total('disk_free_bytes')
  return free === null ? 'not here' : bytesText(free)
}

function countOf(scrape: Scrape, name: string) {
  const count = scrape.total(name)
  return count === null ? '—' : countText(count)
}

function isOne(scrape: Scrape, name: string) {
  return scrape.total(name) === 1
}

export class Overview extends View {
  readonly #plots = PLOTS.map((about) => new Plot(about))
  readonly #list = byId('plots', HTMLUListElement)
  readonly #span = byId('span', HTMLSelectElement)
  #updates = 0

  constructor(vitals: Vitals) {
    super()
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

  protected override async read(): Promise<null> {
    this.#draw()
    return null
  }

  #add(look: Look | null) {
    const atS = wallMs() / 1_000
    for (const plot of this.#plots) plot.add(atS, look)
    this.#showFacts(look)
    if (this.isShown) this.#draw()
    if (look !== null) this.#list.dataset['updates'] = String(++this.#updates)
  }

  #draw() {
    for (const plot of this.#plots) plot.draw(Number(this.#span.value))
  }

  #showFacts(look: Look | null) {
    for (const [i, place] of [...document.querySelectorAll('#node-facts dd')].entries()) {
      const [, read, isWell] = FACTS[i] ?? []
      place.textContent = look === null || read === undefined ? '—' : read(look.now)
      place.classList.toggle('bad', look !== null && isWell?.(look.now) === false)
    }
  }
}
