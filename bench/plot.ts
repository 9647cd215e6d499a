import { init, type EChartsOption } from 'echarts'

export interface Plot {
  readonly title: string
  readonly xAxis: string
  readonly yAxis: string
  readonly series: readonly { readonly name: string; readonly points: readonly (readonly [x: number, y: number])[] }[]
}

export interface BarPlot {
  readonly title: string
  readonly categories: readonly string[]
  readonly yAxis: string
  /** One value for each category. */
  readonly series: readonly { readonly name: string; readonly values: readonly number[] }[]
}

const SIZE = { width: 900, height: 420 }
const LOOK: EChartsOption = {
  animation: false,
  backgroundColor: '#ffffff',
  legend: { bottom: 0 },
  grid: { left: 80, right: 30, top: 50, bottom: 70 },
}

/** A line chart as the text of an SVG file. */
export function plotLines({ title, xAxis, yAxis, series }: Plot): string {
  return toSvg({
    ...LOOK,
    title: { text: title, left: 'center' },
    xAxis: { type: 'value', name: xAxis, nameLocation: 'middle', nameGap: 28 },
    yAxis: { type: 'value', name: yAxis, min: 0 },
    series: series.map(({ name, points }) => {
      return { type: 'line', name, showSymbol: points.length < 20, data: points.map((point) => [...point]) }
    }),
  })
}

/** Grouped bars as the text of an SVG file. */
export function plotBars({ title, categories, yAxis, series }: BarPlot): string {
  return toSvg({
    ...LOOK,
    title: { text: title, left: 'center' },
    legend: { bottom: 0, show: series.length > 1 },
    xAxis: { type: 'category', data: [...categories], axisLabel: { interval: 0, hideOverlap: true } },
    yAxis: { type: 'value', name: yAxis, min: 0 },
    series: series.map(({ name, values }) => {
      return { type: 'bar', name, data: [...values], label: { show: true, position: 'top' } }
    }),
  })
}

function toSvg(option: EChartsOption): string {
  const chart = init(null, null, { renderer: 'svg', ssr: true, ...SIZE })
  chart.setOption(option)
  const svg = chart.renderToSVGString()
  chart.dispose()
  return svg
}
