import { init, type EChartsOption } from 'echarts'

export interface Plot {
  readonly title: string
  readonly xAxis: string
  readonly yAxis: string
  readonly series: readonly { readonly name: string; readonly points: readonly (readonly [x: number, y: number])[] }[]
}

const SIZE = { width: 900, height: 420 }

/** A line chart as an SVG file's text. */
export function plotLines({ title, xAxis, yAxis, series }: Plot): string {
  const chart = init(null, null, { renderer: 'svg', ssr: true, ...SIZE })
  const option: EChartsOption = {
    animation: false,
    backgroundColor: '#ffffff',
    title: { text: title, left: 'center' },
    legend: { bottom: 0 },
    grid: { left: 80, right: 30, top: 50, bottom: 70 },
    xAxis: { type: 'value', name: xAxis, nameLocation: 'middle', nameGap: 28 },
    yAxis: { type: 'value', name: yAxis, min: 0 },
    series: series.map(({ name, points }) => {
      return { type: 'line', name, showSymbol: points.length < 20, data: points.map((point) => [...point]) }
    }),
  }
  chart.setOption(option)
  const svg = chart.renderToSVGString()
  chart.dispose()
  return svg
}
