import type { PlotAbout } from './plots.ts'
import { isHost, PERCENTILES } from './processes.ts'
import { gaugeBy, quantiles, rateBy, rates, type Reading } from './readings.ts'
import { bytesText, msText, percentText, perSecondText } from './units.ts'

const MS = 1_000
const PERCENT = 100

/** Keeps only the hosts of a reading by process. */
function ofHosts(reading: Reading): Reading {
  return (look) => new Map([...reading(look)].filter(([name]) => isHost(name)))
}

/** The plots of hosts, in the order of the page. */
export const GAME_PLOTS: readonly PlotAbout[] = [
  {
    id: 'tick-time',
    title: 'Time of a tick',
    read: quantiles('game_tick_seconds', PERCENTILES, MS),
    format: msText,
    headline: 'p99',
    topMin: 1,
  },
  {
    id: 'lateness',
    title: 'Lateness of ticks',
    read: quantiles('game_tick_lateness_seconds', PERCENTILES, MS),
    format: msText,
    headline: 'p99',
    topMin: 10,
  },
  {
    id: 'ticks',
    title: 'Ticks',
    read: rates({ ticks: 'game_ticks_total', 'late by a tick': 'game_late_ticks_total' }),
    format: perSecondText,
    headline: 'ticks',
    topMin: 5,
  },
  {
    id: 'host-cpu',
    title: 'CPU of hosts, of one core',
    read: ofHosts(rateBy('process_cpu_seconds_total', 'process', PERCENT)),
    format: percentText,
    headline: 'max',
    topMin: 10,
  },
  {
    id: 'host-memory',
    title: 'Memory of hosts, resident',
    read: ofHosts(gaugeBy('process_resident_memory_bytes', 'process')),
    format: bytesText,
    headline: 'sum',
    topMin: 1e6,
  },
  {
    id: 'game-failures',
    title: 'Failures by game',
    read: rateBy('game_failures_total', 'game'),
    format: perSecondText,
    headline: 'sum',
    topMin: 1,
    isBusyOnly: true,
  },
]
