import { readFreeBytes } from '../base/disk.ts'
import { readVersion } from '../setup/version.ts'
import type { Deliveries } from './deliveries.ts'
import type { MemoryState } from './memory-watch.ts'
import type { Node } from './node.ts'

export interface ReadMetricsOptions {
  readonly deliveries: Deliveries
  /** Whether the store accepted the last commit. */
  readonly isUp: () => boolean
  /** Reads the size of each file of the store. Undefined if the store is not on this machine. */
  readonly readFileSizes?: () => readonly (readonly [name: string, bytes: number])[]
}

const MEMORY_LEVELS: Readonly<Record<MemoryState, number>> = { enough: 0, short: 1, critical: 2 }

/** Connects the metrics of the primary that are read only when they are requested. */
export function readMetricsOf(node: Node, { deliveries, isUp, readFileSizes }: ReadMetricsOptions): void {
  const { context, workers, hosts, tokenKeys, memory } = node
  const { metrics, settings, cluster, directory, hub } = context
  const read = metrics.readWhenAsked
  read('commitQueueLength', () => context.commits.queueLength)
  read('purchaseQueueLength', () => context.ledger.queueLength)
  read('deliveryQueueLength', () => deliveries.queueLength)
  read('logHeadOffset', () => hub.head)
  read('historyBytes', () => hub.counts.historyBytes)
  read('historyReach', () => (hub.reachMs === Infinity ? 0 : hub.reachMs / 1000))
  read('rooms', () => directory.size)
  read('storeUp', () => toNumber(isUp()))
  read('tokenKeysReady', () => toNumber(tokenKeys.ready))
  read('workersListening', () => workers.listening.length)
  read('workersWanted', () => settings.WORKERS)
  read('hostsListening', () => hosts.listening.length)
  read('hostsWanted', () => node.hostSupervisor.health.of)
  read('gameRoomsWaiting', () => context.games.recovery.homeless)
  read('gameJournalWaitingBytes', () => context.games.hosts.waitingBytes)
  read('gameRecordingsOpen', () => context.games.recordings.size)
  read('clusterNodes', () => cluster.nodes.length)
  read('placeHeld', () => toNumber(cluster.fault === undefined))
  read('caretaker', () => toNumber(cluster.isCaretaker))
  read('memoryLimitBytes', () => memory.limitBytes)
  read('memoryUsedBytes', () => memory.usedBytes)
  read('memoryShort', () => MEMORY_LEVELS[memory.state])
  read('linkQueueBytes', () => {
    const queued = workers.listening.map(({ link }) => link.queuedBytes)
    return [[{ process: metrics.process }, queued.reduce((sum, bytes) => sum + bytes, 0)]]
  })
  metrics.buildInfo.set({ version: readVersion(), node_version: process.versions.node, node: settings.NODE_ID }, 1)
  if (!readFileSizes) return
  read('storeFileBytes', () => whileThere(() => readFileSizes().map(([file, bytes]) => [{ file }, bytes] as const)))
  read('diskFreeBytes', () => whileThere(() => [[{ folder: 'DATA_DIR' }, readFreeBytes(settings.DATA_DIR)] as const]))
}

/** Returns nothing if the folder is missing. /ready reports that it is. */
function whileThere<T>(read: () => readonly T[]): readonly T[] {
  try {
    return read()
  } catch {
    return [] // ENOENT
  }
}

function toNumber(is: boolean): 0 | 1 {
  return is ? 1 : 0
}
