import { toError } from '../../base/assert.ts'
import { openAll, type Closers } from '../../base/closers.ts'
import type { Clock } from '../../base/clock.ts'
import { ANSWER_WITHIN_MS } from '../../base/deadline.ts'
import { within } from '../../base/delay.ts'
import type { Log } from '../../base/log.ts'
import type { Random } from '../../base/random.ts'
import type { Cluster } from '../cluster.ts'
import { StoreUnavailable, type Store } from '../store.ts'
import { awaitEtcd, renewEpoch, type AwaitOptions } from './await-etcd.ts'
import { Caretaker } from './caretaker.ts'
import { EtcdCluster } from './etcd-cluster.ts'
import { EtcdStore } from './etcd-store.ts'
import { timedMember, type CallEnd } from './timed-member.ts'
import { openMember, type MemberOptions } from './etcd3.ts'
import { Timeline, onTimeline } from './timeline.ts'
import { Keys } from './keys.ts'
import { Lanes } from './lanes.ts'
import { LiveWatch, type LiveEvent } from './live-watch.ts'
import { decodeMarks, markBefore, type Span } from './marks.ts'
import { Members } from './members.ts'
import type { NodeInfo } from './node-info.ts'
import { NodePlace } from './node-place.ts'

export interface OpenEtcdOptions extends Pick<MemberOptions, 'login' | 'tls'> {
  readonly endpoints: readonly string[]
  /** Ends with a slash. */
  readonly prefix: string
  readonly node: string
  /** See NodePlaceOptions. */
  readonly token: string
  readonly ttlMs: number
  /** How long one endpoint may take to answer at the start, and how long all of them together. */
  readonly dialTimeoutMs: number
  readonly startTimeoutMs: number
  readonly findTlsFault: AwaitOptions['findTlsFault']
  /** How much of the log etcd keeps. */
  readonly retention: Span
  /** How much of it a node reads when it starts. */
  readonly history: Span
  readonly mayCompact: boolean
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  /** Called when a call to etcd has ended. */
  readonly onCall: (end: CallEnd) => void
  /** Set by tests that replace etcd. */
  readonly openMember?: typeof openMember
  /** This process can no longer be a node of the cluster. Its clients have to resume on other nodes. */
  readonly onLost: (reason: string) => void
}

/** How many transactions run at once: the log's, the ledger's, presence, and one for the rest. */
const LANES = 4
const BEAT_MS = 1_000

/**
 * Becomes a node of a cluster whose state is in etcd. Closing the store gives up the node's place.
 * @throws NameTaken if another live node has the name
 * @throws StoreUnavailable if no endpoint answers in time
 * @throws EtcdRefused if an endpoint says no
 * @throws NewerSchema
 */
export function openEtcd(options: OpenEtcdOptions): Promise<{ readonly store: Store; readonly cluster: Cluster }> {
  return openAll(async (closers) => {
    const { clock, random, log, endpoints } = options
    const keys = new Keys(options.prefix)
    const open = options.openMember ?? openMember
    const all = endpoints.map((endpoint) => timedMember(open(endpoint, options), clock, options.onCall))
    const timeline = new Timeline({
      epochKey: keys.epoch,
      onBroken: (reason, hasOurEpoch) => {
        const renewed = hasOurEpoch ? renewEpoch(all, { keys, timeline, random }) : Promise.resolve()
        void renewed.then(() => options.onLost(reason))
      },
    })
    const members = new Members({
      members: all.map((member) => onTimeline(member, timeline)),
      clock,
      random,
      onMoved: (from, to, reason) => log.debug({ from, to, reason }, 'etcd: on to the next endpoint'),
    })
    closers.defer(() => members.close())
    const epoch = await awaitEtcd({ ...options, members, keys, timeline })
    const node = new EtcdNode({ ...options, members, keys, timeline, epoch, close: () => closers.close() })
    await node.open(closers)
    return node
  })
}

interface NodeOptions extends OpenEtcdOptions {
  readonly members: Members
  readonly keys: Keys
  readonly timeline: Timeline
  readonly epoch: string
  readonly close: () => Promise<void>
}

/** The parts of a node in etcd. They know each other only by the options that they get here. */
class EtcdNode {
  readonly store: EtcdStore
  readonly cluster: EtcdCluster
  readonly #options: NodeOptions
  readonly #watch: LiveWatch
  readonly #lanes: Lanes
  readonly #place: NodePlace
  readonly #startedAtMs: number
  #caretaker: Caretaker | undefined

  constructor(options: NodeOptions) {
    this.#options = options
    this.#startedAtMs = options.clock.wallMs()
    this.#watch = this.#createWatch()
    this.#lanes = this.#createLanes()
    this.#place = this.#createPlace()
    const { epoch, close } = options
    const parts = { ...options, lanes: this.#lanes, place: this.#place, watch: this.#watch }
    const catchUp = gathered(async () => reachedInTime(this.#watch, await this.cluster.beat()))
    this.cluster = new EtcdCluster({
      ...parts,
      isCaretaker: () => this.#caretaker?.isHeld ?? false,
      fault: () => this.#place.fault ?? (this.#watch.isSilent ? 'etcd does not say what was committed' : undefined),
      describe: () => this.#describe(),
      catchUp,
    })
    this.store = new EtcdStore({ ...parts, epoch, startRevision: () => startRevision(options), catchUp, close })
  }

  async open(closers: Closers): Promise<void> {
    closers.defer(() => this.#watch.close())
    closers.defer(() => this.#lanes.close())
    closers.defer(() => this.cluster.close())
    await this.#place.open()
    closers.defer(() => this.#place.close())
    const beat = () => void this.cluster.beat().catch(toError) // if it lasts, `fault` says so
    const beats = setInterval(beat, Math.min(BEAT_MS, this.#options.ttlMs / 4))
    closers.defer(() => clearInterval(beats))
    const caretaker = this.#createCaretaker()
    closers.defer(() => caretaker.close())
    this.#caretaker = caretaker
  }

  #describe(): NodeInfo {
    return { token: this.#options.token, started_at: this.#startedAtMs, seen: this.#watch.position }
  }

  #createWatch(): LiveWatch {
    const { members, keys, clock, log, onLost } = this.#options
    return new LiveWatch({
      members,
      prefix: keys.live,
      clock,
      log,
      onEvents: (events) => this.#apply(events),
      onCompacted: (revision) => {
        // The node may have asked for older history than etcd still has.
        if (this.store.startLater(revision - 1)) this.#watch.start(revision - 1)
        else onLost(`etcd was compacted up to revision ${revision}, and this node is at ${this.#watch.position}`)
      },
    })
  }

  #createLanes(): Lanes {
    const { members, keys, node, clock, random, timeline } = this.#options
    return new Lanes({
      members,
      timeline,
      epochKey: keys.epoch,
      clock,
      random,
      keys: Array.from({ length: LANES }, (_, lane) => keys.lane(node, lane)),
      place: () => this.#place.current(),
      onLost: () => this.#place.lost(),
      onCommitted: (revision) => this.#watch.expect(revision),
    })
  }

  #createPlace(): NodePlace {
    return new NodePlace({
      ...this.#options,
      lanes: this.#lanes,
      describe: () => this.#describe(),
      onLost: () => this.#caretaker?.lost(),
      onRenewed: () => this.cluster.renewed(),
      onFenced: this.#options.onLost,
    })
  }

  #createCaretaker(): Caretaker {
    return new Caretaker({
      ...this.#options,
      lanes: this.#lanes,
      place: this.#place,
      seenByAll: () => this.cluster.seenByAll(),
      position: () => this.#watch.position,
      logBytes: () => this.store.logBytes,
    })
  }

  /** Applies changes of the log and of nodes in the order that they have in etcd. */
  #apply(events: readonly LiveEvent[]): void {
    for (const event of events) {
      this.store.applyLane(event)
      this.cluster.applyLive(event)
    }
    const last = events.at(-1)
    if (last) this.store.applied(last.revision)
  }
}

/**
 * The revision behind which this node's history begins, found by the caretaker's marks. 0 if it begins with all that there is.
 */
async function startRevision({ members, keys, history, clock }: NodeOptions): Promise<number> {
  const { kvs } = await members.read((member, withinMs) => member.range({ key: keys.marks }, withinMs))
  const marks = kvs[0] ? decodeMarks(kvs[0].value) : []
  return markBefore(marks, history, ({ atMs }) => clock.wallMs() - atMs)?.revision ?? 0
}

async function reachedInTime(watch: LiveWatch, revision: number): Promise<void> {
  const reached = watch.reached(revision).then(() => true)
  if (!(await within(reached, ANSWER_WITHIN_MS, false)))
    throw new StoreUnavailable('etcd does not say what was committed')
}

/** Callers that come while `run` is under way share the next run. */
function gathered(run: () => Promise<void>): () => Promise<void> {
  let current: Promise<void> = Promise.resolve()
  let next: Promise<void> | undefined
  return () => {
    next ??= current
      .catch(() => {})
      .then(() => {
        next = undefined
        current = run()
        return current
      })
    return next
  }
}
