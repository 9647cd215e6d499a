import { gaugeBy, gauges, quantiles, rateBy, rates } from './readings.ts'
import type { Values, Reading } from './readings.ts'
import { bytesText, countText, msText, percentText, perSecondText } from './units.ts'

export interface PlotAbout {
  readonly id: string
  readonly title: string
  readonly read: Reading
  readonly format: (value: number) => string
  /** The value beside the title: the sum of all series, the largest of them (`max`), or the series of this name. */
  readonly headline: string
  /** The axis reaches at least up to this value. */
  readonly topMin: number
  /** If true, series that are always zero are left out. */
  readonly isBusyOnly?: boolean
}

const PERCENTILES = { p50: 0.5, p99: 0.99 }
const MS = 1_000
const PERCENT = 100

/** The plots of the overview, in the order of the page. */
export const PLOTS: readonly PlotAbout[] = [
  {
    id: 'connections',
    title: 'Live connections',
    read: gaugeBy('connections', 'namespace'),
    format: countText,
    headline: 'sum',
    topMin: 5,
  },
  {
    id: 'events',
    title: 'Events',
    read: rates({ 'requests in': 'events_in_total', 'events out': 'events_out_total' }),
    format: perSecondText,
    headline: 'requests in',
    topMin: 5,
  },
  {
    id: 'deliveries',
    title: 'Deliveries',
    read: rates({ 'to sockets': 'deliveries_total' }),
    format: perSecondText,
    headline: 'sum',
    topMin: 5,
  },
  {
    id: 'latency',
    title: 'Request latency',
    read: quantiles('request_seconds', PERCENTILES, MS),
    format: msText,
    headline: 'p99',
    topMin: 1,
  },
  {
    id: 'commit',
    title: 'Commit to the log',
    read: quantiles('commit_seconds', PERCENTILES, MS),
    format: msText,
    headline: 'p99',
    topMin: 1,
  },
  {
    id: 'purchases',
    title: 'Purchases by outcome',
    read: rateBy('purchases_total', 'outcome'),
    format: perSecondText,
    headline: 'sum',
    topMin: 1,
    isBusyOnly: true,
  },
  {
    id: 'cpu',
    title: 'CPU, of one core',
    read: rateBy('process_cpu_seconds_total', 'process', PERCENT),
    format: percentText,
    headline: 'max',
    topMin: 10,
  },
  {
    id: 'memory',
    title: 'Memory, resident',
    read: gaugeBy('process_resident_memory_bytes', 'process'),
    format: bytesText,
    headline: 'sum',
    topMin: 1e6,
  },
  {
    id: 'loop-delay',
    title: 'Loop delay, p99',
    read: gaugeBy('event_loop_delay_p99_seconds', 'process', MS),
    format: msText,
    headline: 'max',
    topMin: 5,
  },
  {
    id: 'store',
    title: 'Log and store',
    read: (look) =>
      new Map([...gaugeBy('store_file_bytes', 'file')(look), ...gauges({ 'history held': 'history_bytes' })(look)]),
    format: bytesText,
    headline: 'history held',
    topMin: 1e6,
  },
  {
    id: 'slow-consumers',
    title: 'Slow consumers',
    read: (look) =>
      new Map([
        ...gauges({ 'slow now': 'slow_readers' })(look),
        ...rates({ 'closed/s': 'slow_consumers_total' })(look),
      ]),
    format: countText,
    headline: 'slow now',
    topMin: 1,
  },
  {
    id: 'closes',
    title: 'Closes by code',
    read: rateBy('socket_closes_total', 'code'),
    format: perSecondText,
    headline: 'sum',
    topMin: 1,
    isBusyOnly: true,
  },
]

export function headlineOf({ headline }: PlotAbout, values: Values): number | null {
  if (headline !== 'sum' && headline !== 'max') return values.get(headline) ?? null
  const known = [...values.values()].filter((value) => value !== null)
  if (known.length === 0) return null
  return headline === 'max' ? Math.max(...known) : known.reduce((sum, value) => sum + value, 0)
}
