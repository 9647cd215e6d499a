import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { findPeer } from '../peers/index.ts'
import { Connection } from './connection.ts'
import { Crowd, openConnections } from './crowd.ts'
import { LagRecorder, LatencyRecorder, type Percentiles, type Window } from './latency.ts'
import { FrameTemplate, messageText } from './message.ts'
import { Schedule } from './schedule.ts'
import { eventsPerSecond, takeSnapshot, total, type Snapshot } from './snapshot.ts'

/** Connections that are read at once and whose latency is taken; the first of them sends. */
const SAMPLED_MAX = 50
const CONNECT_ROUNDS = 25
/** The load goes on beyond the window, as the crowd's totals of its end are taken up to a round of reading late. */
const TAIL_SECONDS = 0.25
const START_DELAY_MS = 200
const QUIET_MS = 250
const SETTLE_MS_MAX = 10_000
const STALLED_MS = 2_000
const DRAIN_MS_MAX = 20_000

/** One sender; everybody, the sender included, gets each message. */
export interface Load {
  readonly connections: number
  /** Messages a second. */
  readonly rate: number
  readonly warmupSeconds: number
  readonly seconds: number
  readonly messageBytes: number
  /** See `CrowdTarget`. */
  readonly readEveryMs: number
}

export interface Target {
  readonly url: string
  readonly peer: string
}

/** `measuring` and `draining` are the ends of the window. */
export type Phase = 'connecting' | 'warming up' | 'measuring' | 'draining'

export interface LoadResult {
  readonly sent: number
  /** Messages sent times connections, and how many of them arrived; with what came before and after the window. */
  readonly expected: number
  readonly received: number
  /** In the measured window. */
  readonly deliveriesPerSecond: number
  /** How much of the load was still on its way when the window closed, in seconds of the load. */
  readonly backlogSeconds: number
  readonly framesPerRead: number
  /** Header and payload of one event. */
  readonly frameBytes: number
  readonly latencyMs: Percentiles
  readonly sendLagMs: Percentiles
  readonly disorder: number
  readonly gaps: number
  /** Why the server closed connections, one entry each. */
  readonly closed: readonly string[]
}

/** Connects, warms up, measures, and waits for the last events. Rejects where not every connection gets ready. */
export async function runBroadcast(target: Target, load: Load, onPhase: (phase: Phase) => void): Promise<LoadResult> {
  const run = new BroadcastRun(target, load)
  try {
    onPhase('connecting')
    await run.connect()
    await run.quiet()
    return await run.measure(onPhase)
  } finally {
    await run.end()
  }
}

class BroadcastRun {
  readonly #target: Target
  readonly #load: Load
  readonly #crowd: Crowd
  readonly #sampled: Connection[] = []
  readonly #schedule: Schedule
  readonly #latency: LatencyRecorder
  readonly #lag = new LagRecorder()
  readonly #window: Window
  readonly #sent: number

  constructor(target: Target, load: Load) {
    this.#target = target
    this.#load = load
    this.#crowd = new Crowd({ ...target, readEveryMs: load.readEveryMs })
    this.#schedule = new Schedule(load.rate)
    const from = Math.round(load.warmupSeconds * load.rate)
    this.#window = { from, to: from + Math.round(load.seconds * load.rate) }
    this.#sent = this.#window.to + Math.round(TAIL_SECONDS * load.rate)
    this.#latency = new LatencyRecorder(this.#schedule, this.#window)
  }

  /** In rounds, so that the sampled ones are spread over the server's own order of its connections. */
  async connect(): Promise<void> {
    const dialect = findPeer(this.#target.peer)
    const { connections } = this.#load
    const sampled = Math.min(SAMPLED_MAX, Math.ceil(connections / 2))
    const share = (total: number, round: number): number =>
      Math.floor((total * (round + 1)) / CONNECT_ROUNDS) - Math.floor((total * round) / CONNECT_ROUNDS)
    for (let round = 0; round < CONNECT_ROUNDS; round++) {
      await this.#crowd.ask({ connect: share(connections - sampled, round) })
      await openConnections(this.#sampled, share(sampled, round), () => {
        const { onRead } = this.#latency
        return new Connection({ url: this.#target.url, dialect, onRead, onEvent: this.#latency.sample() })
      })
    }
  }

  /** Waits until what connecting itself caused (presence, greetings) has arrived. */
  async quiet(): Promise<void> {
    const deadlineMs = performance.now() + SETTLE_MS_MAX
    for (let reads = -1; performance.now() < deadlineMs;) {
      const now = takeSnapshot(this.#sampled).reads + (await this.#crowd.ask('snapshot')).reads
      if (now === reads) return
      reads = now
      await sleep(QUIET_MS)
    }
  }

  async measure(onPhase: (phase: Phase) => void): Promise<LoadResult> {
    const template = new FrameTemplate(findPeer(this.#target.peer).request(messageText(this.#load.messageBytes)))
    const send = (sequence: number): void => {
      this.#lag.record(performance.now() - this.#schedule.dueMs(sequence))
      this.#sampled[0]?.send(template.withSequence(sequence))
    }
    await this.#crowd.ask('pace')
    onPhase('warming up')
    this.#schedule.startAt(performance.now() + START_DELAY_MS)
    const { from, to } = this.#window
    await this.#schedule.run(0, from, send)
    await this.#schedule.until(from)
    onPhase('measuring')
    const opened = this.#snapshots()
    await this.#schedule.run(from, to, send)
    await this.#schedule.until(to)
    onPhase('draining')
    const closed = this.#snapshots()
    await this.#schedule.run(to, this.#sent, send)
    const [before, after] = await Promise.all([opened, closed])
    await this.#drain()
    this.#latency.giveUp(this.#sent)
    return this.#summarize(before, after)
  }

  async end(): Promise<void> {
    for (const connection of this.#sampled) connection.end()
    await this.#crowd.end()
  }

  async #snapshots(): Promise<readonly Snapshot[]> {
    return [takeSnapshot(this.#sampled), await this.#crowd.ask('snapshot')]
  }

  /** Waits for what is still under way, as long as something arrives. */
  async #drain(): Promise<void> {
    const deadlineMs = performance.now() + DRAIN_MS_MAX
    let [events, changedMs] = [-1, performance.now()]
    while (performance.now() < deadlineMs && performance.now() - changedMs < STALLED_MS) {
      const now = total(await this.#snapshots()).events
      if (now >= this.#sent * this.#load.connections) return
      if (now !== events) [events, changedMs] = [now, performance.now()]
      await sleep(20)
    }
  }

  async #summarize(before: readonly Snapshot[], after: readonly Snapshot[]): Promise<LoadResult> {
    const end = await this.#snapshots()
    const { events, eventBytes } = total(end)
    const [first, last] = [total(before), total(after)]
    const offeredPerSecond = this.#load.rate * this.#load.connections
    return {
      sent: this.#sent,
      expected: this.#sent * this.#load.connections,
      received: events,
      deliveriesPerSecond: eventsPerSecond(before, after),
      backlogSeconds: (this.#window.to * this.#load.connections - last.events) / offeredPerSecond,
      framesPerRead: (last.events - first.events) / Math.max(1, last.reads - first.reads),
      frameBytes: eventBytes / Math.max(1, events),
      latencyMs: this.#latency.percentilesMs(),
      sendLagMs: this.#lag.percentilesMs(),
      disorder: this.#latency.disorder,
      gaps: this.#latency.gaps,
      closed: end.flatMap((group) => group.closed),
    }
  }
}
