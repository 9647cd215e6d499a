import type { ReturnCounts } from '../placement/returns.ts'
import type { ReadyPart } from '../protocol/shapes/operations.ts'

export interface ReadinessOptions {
  /** Rejects if the store cannot be read. */
  readonly readStore: () => Promise<unknown>
  /** Resolves to why the store accepts no writes, or to undefined if it does. */
  readonly readStoreFault: () => Promise<string | undefined>
  /** The names of the nodes that are alive. */
  readonly nodes: () => readonly string[]
  /** Why this node may be behind the others, or undefined. */
  readonly clusterFault: () => string | undefined
  readonly workersListening: () => number
  readonly workersWanted: number
  readonly hostsListening: () => number
  readonly hostsWanted: number
  readonly returns: () => ReturnCounts
  readonly head: () => number
  readonly draining: () => boolean
  /** How far the wall clock has jumped. Undefined while it agrees with the monotonic clock. */
  readonly clockApartMs: () => number | undefined
  /** Whether player tokens can be verified. */
  readonly keysReady: () => boolean
  readonly memory: () => ReadyPart
  readonly canary: () => Promise<ReadyPart>
}

/** Returns a line of /ready for each part, with the reason if the part is not ready. */
export async function readParts(options: ReadinessOptions): Promise<readonly ReadyPart[]> {
  // The canary runs first. If the store refuses it, the store's line below reports the fault.
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

/** There is no such line if the node runs no games. */
function hostParts({ hostsListening, hostsWanted }: ReadinessOptions): readonly ReadyPart[] {
  if (hostsWanted === 0) return []
  const listening = hostsListening()
  return [toPart('hosts', listening === hostsWanted, `${listening} of ${hostsWanted} run games`)]
}

/** There is no such line if no room had a journal when the node started. */
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
  const reason = `the wall clock has jumped ${Math.round(Math.abs(apartMs) / 1000)} s ${way}; nothing is deleted because of its age`
  return { part: 'clock', ok: false, reason }
}

function toPart(part: string, ok: boolean, reason: string): ReadyPart {
  return ok ? { part, ok } : { part, ok, reason }
}
