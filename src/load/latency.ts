import { createHistogram } from 'node:perf_hooks'
import { systemClock } from '../base/clock.ts'
import type { Schedule } from './schedule.ts'

export interface Percentiles {
  readonly p50: number
  readonly p99: number
  readonly max: number
}

/** The sequence numbers of the messages that are measured, from `from` up to but not including `to`. */
export interface Window {
  readonly from: number
  readonly to: number
}

/** The state of one sampled connection: its listener, and the last sequence number. */
interface Sample {
  lastSequence: number
  /** It gets every `step`-th message. */
  readonly step: number
}

/** Measures the latency from when a message was due to its arrival at the sampled connections. They also check order and gaps. */
export class LatencyRecorder {
  /** How many events came out of order or twice. */
  disorder = 0
  /** How many events were missing before a later one. */
  gaps = 0
  readonly #histogram = createHistogram()
  readonly #schedule: Schedule
  readonly #window: Window
  readonly #samples: Sample[] = []
  #nowMs = 0

  /** Messages outside the window are checked for order, but not measured. */
  constructor(schedule: Schedule, window: Window) {
    this.#schedule = schedule
    this.#window = window
  }

  readonly onRead = (): void => {
    this.#nowMs = systemClock.nowMs()
  }

  /** Makes the listener of one more connection, which gets the messages `first`, `first + step`, … */
  sample(first = 0, step = 1): (sequence: number) => void {
    const sample: Sample = { lastSequence: first - step, step }
    this.#samples.push(sample)
    return (sequence) => this.#onEvent(sample, sequence)
  }

  /** Counts events that never came as if they came now. Leaving them out would favour a server that fell behind. */
  giveUp(sent: number): void {
    this.onRead()
    for (const sample of this.#samples) {
      for (let next = sample.lastSequence + sample.step; next < sent; next += sample.step) this.#record(next)
    }
  }

  percentilesMs(): Percentiles {
    return toMs(this.#histogram)
  }

  #onEvent(sample: Sample, sequence: number): void {
    if (sequence <= sample.lastSequence) {
      this.disorder++
      return
    }
    this.gaps += (sequence - sample.lastSequence) / sample.step - 1
    sample.lastSequence = sequence
    this.#record(sequence)
  }

  #record(sequence: number): void {
    if (sequence < this.#window.from || sequence >= this.#window.to) return
    this.#histogram.record(toMicroseconds(this.#nowMs - this.#schedule.dueMs(sequence)))
  }
}

/** How late the generator itself has sent. It is large if the generator is the bottleneck. */
export class LagRecorder {
  readonly #histogram = createHistogram()

  record(lagMs: number): void {
    this.#histogram.record(toMicroseconds(lagMs))
  }

  percentilesMs(): Percentiles {
    return toMs(this.#histogram)
  }
}

/** The histogram takes only integers from 1. */
function toMicroseconds(ms: number): number {
  return Math.max(1, Math.round(ms * 1000))
}

function toMs(histogram: { count: number; max: number; percentile: (percent: number) => number }): Percentiles {
  if (histogram.count === 0) return { p50: 0, p99: 0, max: 0 }
  return { p50: histogram.percentile(50) / 1000, p99: histogram.percentile(99) / 1000, max: histogram.max / 1000 }
}
