import { wallMs } from './clock.ts'
import { element, showFacts } from './dom.ts'
import { GAME_PLOTS } from './game-plots.ts'
import type { Scrape } from './metrics.ts'
import { Plot } from './plot.ts'
import { hostsOf, type Host } from './processes.ts'
import { rates, type Look, type Values } from './readings.ts'
import { Table } from './table.ts'
import { bytesText, countText, durationText, msText, percentText, perSecondText } from './units.ts'
import type { Vitals } from './vitals.ts'

const SPAN_S = 600

/** Shows the hosts: their load together, each host, and plots. */
export class HostsPanel {
  readonly #plots = GAME_PLOTS.map((about) => new Plot(about))
  readonly #table = new Table('Hosts', {
    id: 'hosts-table',
    keyOf: ({ name }: Host) => name,
    columns: [
      { title: 'Host', text: ({ name }) => name, isHeading: true, isMono: true },
      { title: 'CPU', text: ({ cpu }) => (cpu === null ? '—' : percentText(cpu)), isNumber: true },
      { title: 'Resident', text: ({ rss }) => bytesText(rss), isNumber: true },
      { title: 'Heap', text: ({ heap }) => bytesText(heap), isNumber: true },
      { title: 'Tick p50', text: ({ tick }) => timeText(tick, 'p50'), isNumber: true },
      { title: 'p99', text: ({ tick }) => timeText(tick, 'p99'), isNumber: true },
      { title: 'Late p50', text: ({ lateness }) => timeText(lateness, 'p50'), isNumber: true },
      { title: 'p99', text: ({ lateness }) => timeText(lateness, 'p99'), isNumber: true },
      { title: 'Up for', text: ({ startedMs }) => durationText(wallMs() - startedMs), isNumber: true },
    ],
    empty: 'No host runs: GAME_HOSTS is 0, or there are no games.',
  })
  readonly facts = element('dl', { id: 'games-facts', class: 'facts strip', 'aria-label': 'What is played' })
  readonly element: HTMLElement

  /** @param isShown whether the plots are visible, so that they need to be drawn */
  constructor(vitals: Vitals, isShown: () => boolean) {
    const plots = this.#plots.map((plot) => plot.element)
    this.element = element(
      'div',
      { class: 'card' },
      element('h2', {}, 'Hosts'),
      element(
        'p',
        { class: 'hint' },
        'The processes that run the games. Players notice a tick that is late by its own length.',
      ),
      this.#table.element,
      element('ul', { id: 'games-plots', class: 'plots inset' }, ...plots),
    )
    vitals.listen((look) => {
      const atS = wallMs() / 1_000
      for (const plot of this.#plots) plot.add(atS, look)
      this.#table.show(look === null ? [] : hostsOf(look))
      showFacts('games-facts', look === null ? {} : factsOf(look))
      if (isShown()) this.draw()
    })
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
      for (const plot of this.#plots) plot.redraw()
    })
  }

  draw() {
    for (const plot of this.#plots) plot.draw(SPAN_S)
  }
}

function factsOf(look: Look): Record<string, string> {
  const { now } = look
  const ticks = rates({ ticks: 'game_ticks_total', late: 'game_late_ticks_total' })(look)
  return {
    Hosts: `${countOf(now, 'hosts_listening')} of ${countOf(now, 'hosts_wanted')}`,
    Rooms: countOf(now, 'game_rooms'),
    'Without a host': countOf(now, 'game_rooms_waiting'),
    'Seats taken': countOf(now, 'game_seats'),
    Ticks: rateText(ticks, 'ticks'),
    'Late by a tick': rateText(ticks, 'late'),
    'Ended hosts': countOf(now, 'host_restarts_total'),
  }
}

function countOf(scrape: Scrape, name: string): string {
  const count = scrape.total(name)
  return count === null ? '—' : countText(count)
}

function rateText(values: Values, name: string): string {
  const rate = values.get(name) ?? null
  return rate === null ? '—' : perSecondText(rate)
}

function timeText(values: Values, name: string): string {
  const ms = values.get(name) ?? null
  return ms === null ? '—' : msText(ms)
}
