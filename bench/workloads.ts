import type { Load } from './load/broadcast.ts'

export interface Workload {
  readonly name: string
  readonly title: string
  readonly load: Load
}

const broadcast: Workload = {
  name: 'broadcast',
  title: 'one sender, every connection gets each message',
  load: { connections: 1000, rate: 300, warmupSeconds: 2, seconds: 8, messageBytes: 112, readEveryMs: 20 },
}

export const WORKLOADS: readonly Workload[] = [broadcast]
