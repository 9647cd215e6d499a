import uPlot from 'uplot'
import { element } from './dom.ts'
import { chooseSeries, History } from './history.ts'
import { headlineOf } from './plots.ts'
import type { PlotAbout } from './plots.ts'
import type { Look } from './readings.ts'

const SVG = 'http://www.w3.org/2000/svg'
/** The number of colours in plots.css. More series could not be told apart. */
const SERIES_MAX = 6
/** Line styles, for users who cannot tell the colours apart. */
const DASHES: number[][] = [[], [7, 4], [2, 3], [10, 3, 2, 3], [14, 5], [5, 2, 2, 2, 2, 2]]
/** The text beside a headline that is not the value of one series. */
const HEADLINE_OF: Readonly<Record<string, string>> = { sum: '', max: 'highest' }
const HEIGHT = 132
const SPAN_S_MIN = 60
/** A label of time this near to an edge is left out: it would be cut off, or overlap the other axis' zero. */
const CUT_PX = 28
const X_AXIS_HEIGHT = 22
const Y_AXIS_WIDTH = 62

const TIME = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' })
const TIME_S = new Intl.DateTimeFormat(undefined, { timeStyle: 'medium', hourCycle: 'h23' })

/** @param name the name of a custom property of CSS */
function colour(name: string) {
  return getComputedStyle(document.documentElement).getPropertyValue(name)
}

/** One plot with its legend. The legend is text and has the values under the cursor, or the newest ones. */
export class Plot {
  readonly #about: PlotAbout
  readonly #history = new History()
  #drawn: ReadonlyMap<string, ReadonlyArray<number | null>> = new Map()
  /** The colour of each series. A series keeps its colour while it exists. */
  readonly #slots: Map<string, number> = new Map()
  /** The values in the legend, in the order of the series. */
  #legendValues: Array<HTMLElement> = []
  #chart: uPlot | null = null
  readonly #canvas = element('div', { class: 'canvas', role: 'img' })
  readonly #legend = element('ul', { class: 'legend' })
  readonly #headline: HTMLElement
  #spanS = 0
  readonly element: HTMLElement

  constructor(about: PlotAbout) {
    this.#about = about
    this.#headline = element('span', { id: `metric-${about.id}` }, '—')
    const title = element('h3', {}, about.title)
    const of = element('span', { class: 'of' }, HEADLINE_OF[about.headline] ?? about.headline)
    const head = element('div', { class: 'plot-head' }, title, element('p', { class: 'headline' }, of, this.#headline))
    this.element = element('li', { class: 'card plot', id: `plot-${about.id}` }, head, this.#canvas, this.#legend)
    new ResizeObserver(() => this.#resize()).observe(this.#canvas)
  }

  /**
   * @param atS Unix time in seconds
   * @param look null if the metrics are not known
   */
  add(atS: number, look: Look | null) {
    const values = look === null ? new Map() : this.#about.read(look)
    this.#history.add(atS, values)
    const headline = headlineOf(this.#about, values)
    this.#headline.textContent = headline === null ? '—' : this.#about.format(headline)
  }

  /** @param spanS how much of the past is shown */
  draw(spanS: number) {
    this.#spanS = spanS
    const series = chooseSeries(this.#history.series, {
      max: SERIES_MAX,
      isBusyOnly: this.#about.isBusyOnly === true,
      isWorst: this.#about.headline === 'max',
    })
    const isSame = this.#chart !== null && [...series.keys()].join() === [...this.#drawn.keys()].join()
    this.#drawn = series
    if (!isSame) this.#rebuild()
    this.#chart?.setData([this.#history.times, ...mutable(series)])
    this.#showValues()
    this.#canvas.setAttribute('aria-label', this.#describe())
  }

  /** Call this when the colours of the page have changed. */
  redraw() {
    this.#chart?.redraw()
  }

  #rebuild() {
    this.#chart?.destroy()
    this.#assignSlots()
    this.#chart = new uPlot(this.#options(), [[], ...mutable(this.#drawn)], this.#canvas)
    this.#legendValues = []
    const items = Array.from(this.#drawn.keys(), (name) => {
      const value = element('span', { class: 'value' })
      this.#legendValues.push(value)
      return element('li', {}, this.#sign(name), element('span', { class: 'name' }, nameText(name)), value)
    })
    this.#legend.replaceChildren(...items)
    if (items.length === 0) this.#legend.append(element('li', { class: 'none' }, 'No data in this time.'))
  }

  #assignSlots() {
    for (const name of this.#slots.keys()) if (!this.#drawn.has(name)) this.#slots.delete(name)
    for (const name of this.#drawn.keys()) {
      const taken = new Set(this.#slots.values())
      const free = DASHES.findIndex((_, slot) => !taken.has(slot))
      if (!this.#slots.has(name)) this.#slots.set(name, Math.max(0, free))
    }
  }

  #sign(name: string) {
    const slot = this.#slots.get(name) ?? 0
    const sign = document.createElementNS(SVG, 'svg')
    for (const [key, value] of Object.entries({ width: '26', height: '8', 'aria-hidden': 'true' }))
      sign.setAttribute(key, value)
    const line = document.createElementNS(SVG, 'line')
    const places = { x1: '0', x2: '26', y1: '4', y2: '4', class: `series-${slot}` }
    for (const [key, value] of Object.entries(places)) line.setAttribute(key, value)
    line.setAttribute('stroke-dasharray', (DASHES[slot] ?? []).join(' '))
    sign.append(line)
    return sign
  }

  #options(): uPlot.Options {
    const { format, topMin } = this.#about
    const text = () => colour('--muted')
    const grid = { stroke: () => colour('--line'), width: 1 }
    const font = '11px system-ui, sans-serif'
    const axis = { stroke: text, grid, ticks: { show: false }, font, gap: 4 }
    const timesOf = (_: uPlot, splits: number[]) => {
      const [oldest, newest] = this.#range()
      const edgeS = (CUT_PX * (newest - oldest)) / Math.max(1, this.#canvas.clientWidth)
      const isCut = (s: number) => s - oldest < edgeS || newest - s < edgeS
      return splits.map((s) => (isCut(s) ? '' : (s % 60 === 0 ? TIME : TIME_S).format(s * 1_000)))
    }
    return {
      width: Math.max(1, this.#canvas.clientWidth),
      height: HEIGHT,
      padding: [8, 8, 0, 0],
      legend: { show: false },
      cursor: { sync: { key: 'overview' }, drag: { x: false, y: false }, y: false, points: { size: 6 } },
      scales: {
        x: { time: true, range: () => this.#range() },
        y: {
          range: (_: uPlot, __: number, max: number | null) => [0, Math.max(topMin, (max ?? 0) * 1.08)],
        },
      },
      axes: [
        { ...axis, size: X_AXIS_HEIGHT, space: 76, values: timesOf },
        {
          ...axis,
          size: Y_AXIS_WIDTH,
          space: 30,
          values: (_: uPlot, splits: number[]) => splits.map(format),
        },
      ],
      series: [{}, ...Array.from(this.#drawn.keys(), (name) => this.#seriesOptions(name))],
      hooks: { setCursor: [() => this.#showValues()] },
    }
  }

  /** The axis begins with the oldest value, but shows at least a minute. */
  #range(): [number, number] {
    const { times } = this.#history
    const newest = times.at(-1) ?? 0
    return [Math.max(newest - this.#spanS, Math.min(times[0] ?? newest, newest - SPAN_S_MIN)), newest]
  }

  #seriesOptions(name: string) {
    const slot = this.#slots.get(name) ?? 0
    return {
      label: name,
      stroke: () => colour(`--series-${slot}`),
      width: 1.75,
      dash: DASHES[slot] ?? [],
      points: { show: false },
    }
  }

  #showValues() {
    const at = this.#chart?.cursor.idx ?? this.#history.times.length - 1
    for (const [i, column] of [...this.#drawn.values()].entries()) {
      const value = column[at] ?? null
      const place = this.#legendValues[i]
      if (place !== undefined) place.textContent = value === null ? '—' : this.#about.format(value)
    }
  }

  #describe() {
    const parts = Array.from(this.#drawn, ([name, column]) => {
      const value = column.at(-1) ?? null
      return `${nameText(name)} ${value === null ? 'not known' : this.#about.format(value)}`
    })
    return `${this.#about.title}: ${parts.length === 0 ? 'no data in this time' : parts.join(', ')}`
  }

  #resize() {
    const width = this.#canvas.clientWidth
    if (width > 0) this.#chart?.setSize({ width, height: HEIGHT })
  }
}

/** @param name a series: an outcome such as INSUFFICIENT_FUNDS, a process, or a namespace */
function nameText(name: string) {
  return /^[A-Z_]+$/.test(name) ? name.replaceAll('_', ' ').toLowerCase() : name
}

/** uPlot's types require mutable arrays, but it does not change them. */
function mutable(series: ReadonlyMap<string, ReadonlyArray<number | null>>): Array<number | null>[] {
  return [...series.values()] as Array<number | null>[]
}
