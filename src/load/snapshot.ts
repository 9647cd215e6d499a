import { systemClock } from '../base/clock.ts'
import type { Connection } from './connection.ts'

/** The totals of some connections at one moment, with the time on the clock of the thread that reads them. */
export interface Snapshot {
  readonly atMs: number
  readonly events: number
  readonly eventBytes: number
  readonly reads: number
  /** Why the server closed connections, one entry for each. */
  readonly closed: readonly string[]
  /** What the server complained of, each text once. */
  readonly complaints: readonly string[]
}

export type Totals = Pick<Snapshot, 'events' | 'eventBytes' | 'reads'>

export function takeSnapshot(connections: readonly Connection[]): Snapshot {
  const totals = { events: 0, eventBytes: 0, reads: 0 }
  const closed: string[] = []
  const complaints = new Set<string>()
  for (const connection of connections) {
    totals.events += connection.counter.events
    totals.eventBytes += connection.counter.eventBytes
    totals.reads += connection.reads
    if (connection.closed !== undefined) closed.push(connection.closed)
    if (connection.complaint !== undefined) complaints.add(connection.complaint)
  }
  return { atMs: systemClock.nowMs(), ...totals, closed, complaints: [...complaints] }
}

export function total(groups: readonly Snapshot[]): Totals {
  const totals = { events: 0, eventBytes: 0, reads: 0 }
  for (const group of groups) {
    totals.events += group.events
    totals.eventBytes += group.eventBytes
    totals.reads += group.reads
  }
  return totals
}

/** Events per second between two moments. Each group is measured by its own clock. */
export function eventsPerSecond(before: readonly Snapshot[], after: readonly Snapshot[]): number {
  let sum = 0
  for (const [index, end] of after.entries()) {
    const start = before[index]
    if (start !== undefined) sum += ((end.events - start.events) * 1000) / (end.atMs - start.atMs)
  }
  return sum
}
