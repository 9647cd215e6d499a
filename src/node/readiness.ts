import type { ReturnCounts } from '../placement/returns.ts'
import type { ReadyPart } from '../protocol/shapes/operations.ts'

export interface ReadinessOptions {
  /** Rejects where the store cannot be read. */
  readonly readStore: () => Promise<unknown>
  /** Why the store takes no writes; undefined: it does. */
  readonly readStoreFault: () => Promise<string | undefined>
  /** The nodes that live, and why this one may be behind them. */
  readonly nodes: () => readonly string[]
  readonly clusterFault: () => string | undefined
  readonly workersListening: () => number
  readonly workersWanted: number
  readonly hostsListening: () => number
  readonly hostsWanted: number
  readonly returns: () => ReturnCounts
  readonly head: () => number
  readonly draining: () => boolean
  /** How far the wall clock has jumped; undefined while it is as the monotonic one says. */
  readonly clockApartMs: () => number | undefined
  /** Whether player tokens can be verified. */
  readonly keysReady: () => boolean
  readonly memory: () => ReadyPart
  readonly canary: () => Promise<ReadyPart>
}

/** A line for each part of /ready, with the reason where it is not. */
export async function readParts(options: ReadinessOptions): Promise<readonly ReadyPart[]> {
  // First: where the store does not take it, the store's part says so.
  const canary = await options.canary()
  const listening = options.workersListening()
  return [
    await storePart(options),
    clusterPart(options),
    { part: 'hub', ok: true, reason: `applied up to ${options.head()}` },
    toPart('workers', listening === options.workersWanted, `${listening} of ${options.workersWanted} listen`),
    ...hostParts(options),
    ...roomParts(options.returns()),
    canary,
    toPart('keys', options.keysReady(), 'no key set could be read yet'),
    clockPart(options),
    options.memory(),
    toPart('draining', !options.draining(), 'the server is stopping'),
  ]
}

/** Not there where no game is set up. */
function hostParts({ hostsListening, hostsWanted }: ReadinessOptions): readonly ReadyPart[] {
  if (hostsWanted === 0) return []
  const listening = hostsListening()
  return [toPart('hosts', listening === hostsWanted, `${listening} of ${hostsWanted} run games`)]
}

/** Not there if no room had a journal when the node started. */
function roomParts({ of, back, waiting }: ReturnCounts): readonly ReadyPart[] {
  if (of + waiting === 0) return []
  const waits = waiting === 0 ? '' : `; ${waiting} wait for their game`
  return [{ part: 'rooms', ok: back === of, reason: `${back} of ${of} rooms with games have come back${waits}` }]
}

async function storePart({ readStore, readStoreFault }: ReadinessOptions): Promise<ReadyPart> {
  try {
    await readStore()
    const fault = await readStoreFault()
    return fault === undefined ? { part: 'store', ok: true } : { part: 'store', ok: false, reason: fault }
  } catch (error) {
    return { part: 'store', ok: false, reason: error instanceof Error ? error.message : String(error) }
  }
}

function clusterPart({ nodes, clusterFault }: ReadinessOptions): ReadyPart {
  const fault = clusterFault()
  const names = nodes()
  const who = names.length === 1 ? `only this node: ${names[0]}` : `${names.length} nodes: ${names.join(', ')}`
  return { part: 'cluster', ok: fault === undefined, reason: fault ?? who }
}

function clockPart({ clockApartMs }: ReadinessOptions): ReadyPart {
  const apartMs = clockApartMs()
  if (apartMs === undefined) return { part: 'clock', ok: true }
  const way = apartMs > 0 ? 'ahead' : 'back'
  const reason = `the wall clock has jumped ${Math.round(Math.abs(apartMs) / 1000)} s ${way}; nothing is deleted for its age`
  return { part: 'clock', ok: false, reason }
}

function toPart(part: string, ok: boolean, reason: string): ReadyPart {
  return ok ? { part, ok } : { part, ok, reason }
}
