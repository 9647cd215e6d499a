import { setTimeout as sleep } from 'node:timers/promises'
import { systemClock } from '../base/clock.ts'
import { Connection } from './connection.ts'
import { Crowd } from './crowd.ts'
import { loadDialect, type Dialect, type DialectRef } from './dialect.ts'
import { LagRecorder, LatencyRecorder, type Percentiles, type Window } from './latency.ts'
import { FrameTemplate, messageText } from './message.ts'
import { openConnections } from './open-connections.ts'
import { Schedule } from './schedule.ts'
import { eventsPerSecond, takeSnapshot, total, type Snapshot } from './snapshot.ts'

/** How many connections are read at once, so that their latency can be measured. The senders are among them. */
const SAMPLED_MAX = 50
const CONNECT_ROUNDS = 25
/**
 * The load continues this long after the window, because the crowd's totals are taken up to one round of reading after the
 * window's end.
 */
const TAIL_SECONDS = 0.25
const START_DELAY_MS = 200
const QUIET_MS = 250
const SETTLE_MS_MAX = 10_000
const STALLED_MS = 2_000
const DRAIN_MS_MAX = 20_000
const PROGRESS_MS = 1_000

/** One sender in each room, or one for all. Everybody there gets each message, the sender too. */
export interface Load {
  readonly connections: number
  /** With 0 everybody gets every message. Otherwise connections and messages are spread evenly over the rooms. */
  readonly rooms: number
  /** Messages per second in all rooms together. */
  readonly rate: number
  readonly warmupSeconds: number
  readonly seconds: number
  readonly messageBytes: number
  /** See `CrowdTarget`. */
  readonly readEveryMs: number
}

export interface Target {
  readonly url: string
  readonly dialect: DialectRef
}

/** `measuring` begins and `draining` ends the measured window. */
export type Phase = 'connecting' | 'warming up' | 'measuring' | 'draining'

export interface LoadResult {
  readonly sent: number
  /**
   * Messages sent, times the connections that should get each; and how many arrived. Both include the time before and after the
   * window.
   */
  readonly expected: number
  readonly received: number
  /** Within the measured window. */
  readonly deliveriesPerSecond: number
  /** How many seconds of the load were still on their way when the window closed. */
  readonly backlogSeconds: number
  readonly framesPerRead: number
  /** Header and payload of one event. */
  readonly frameBytes: number
  readonly latencyMs: Percentiles
  readonly sendLagMs: Percentiles
  readonly disorder: number
  readonly gaps: number
  /** Why the server closed connections, one entry for each. */
  readonly closed: readonly string[]
  /** What the server complained of, each text once. */
  readonly complaints: readonly string[]
}

export interface LoadEvents {
  readonly onPhase: (phase: Phase) => void
  /** Called from time to time in the window, with the results so far. */
  readonly onProgress?: (soFar: { readonly received: number; readonly latencyMs: Percentiles }) => void
}

/** Connects, warms up, measures, and waits for the last events. Rejects if a connection does not get ready. */
export async function runBroadcast(target: Target, load: Load, events: LoadEvents): Promise<LoadResult> {
  const run = new BroadcastRun(target, load, await loadDialect(target.dialect))
  try {
    events.onPhase('connecting')
    await run.connect()
    await run.quiet()
    return await run.measure(events)
  } finally {
    await run.end()
  }
}

class BroadcastRun {
  readonly #target: Target
  readonly #load: Load
  readonly #dialect: Dialect
  readonly #crowd: Crowd
  readonly #sampled: Connection[] = []
  readonly #schedule: Schedule
  readonly #latency: LatencyRecorder
  readonly #lag = new LagRecorder()
  readonly #window: Window
  readonly #sent: number
  readonly #receivers: number

  constructor(target: Target, load: Load, dialect: Dialect) {
    this.#target = target
    this.#load = load
    this.#dialect = dialect
    this.#crowd = new Crowd({ ...target, rooms: load.rooms, readEveryMs: load.readEveryMs })
    this.#schedule = new Schedule(load.rate)
    const from = Math.round(load.warmupSeconds * load.rate)
    this.#window = { from, to: from + Math.round(load.seconds * load.rate) }
    this.#sent = this.#window.to + Math.round(TAIL_SECONDS * load.rate)
    this.#latency = new LatencyRecorder(this.#schedule, this.#window)
    this.#receivers = load.rooms === 0 ? load.connections : load.connections / load.rooms
    if (!Number.isInteger(this.#receivers)) throw new RangeError('connections must be a multiple of rooms')
  }

  /** Connects in rounds, so that the sampled connections are spread over the server's own order. */
  async connect(): Promise<void> {
    const { connections, rooms } = this.#load
    const sampled = Math.max(rooms, Math.min(SAMPLED_MAX, Math.ceil(connections / 2)))
    const part = (from: number, to: number, round: number): readonly [number, number] => {
      const at = (n: number): number => from + Math.floor(((to - from) * n) / CONNECT_ROUNDS)
      return [at(round), at(round + 1)]
    }
    for (let round = 0; round < CONNECT_ROUNDS; round++) {
      await this.#crowd.ask({ connect: part(sampled, connections, round) })
      await openConnections(this.#sampled, part(0, sampled, round), (index) => this.#openSampled(index))
    }
  }

  #openSampled(index: number): Connection {
    const { rooms } = this.#load
    const { onRead } = this.#latency
    const common = { url: this.#target.url, dialect: this.#dialect, index, onRead }
    if (rooms === 0) return new Connection({ ...common, onEvent: this.#latency.sample() })
    const room = index % rooms
    return new Connection({ ...common, room, onEvent: this.#latency.sample(room, rooms) })
  }

  /** Waits until all has arrived that connecting itself has caused (presence, greetings). */
  async quiet(): Promise<void> {
    const deadlineMs = systemClock.nowMs() + SETTLE_MS_MAX
    for (let reads = -1; systemClock.nowMs() < deadlineMs;) {
      const now = takeSnapshot(this.#sampled).reads + (await this.#crowd.ask('snapshot')).reads
      if (now === reads) return
      reads = now
      await sleep(QUIET_MS)
    }
  }

  async measure({ onPhase, onProgress }: LoadEvents): Promise<LoadResult> {
    const send = this.#sender()
    await this.#crowd.ask('pace')
    onPhase('warming up')
    this.#schedule.startAt(systemClock.nowMs() + START_DELAY_MS)
    const { from, to } = this.#window
    await this.#schedule.run(0, from, send)
    await this.#schedule.until(from)
    onPhase('measuring')
    const opened = this.#snapshots()
    const stopProgress = onProgress && this.#tellProgress(onProgress)
    await this.#schedule.run(from, to, send)
    await this.#schedule.until(to)
    stopProgress?.()
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

  #sender(): (sequence: number) => void {
    const { rooms, messageBytes } = this.#load
    const message = messageText(messageBytes)
    const templates = Array.from({ length: Math.max(1, rooms) }, (_, room) => {
      return new FrameTemplate(this.#dialect.broadcast(message, rooms === 0 ? undefined : room), this.#dialect.isBinary)
    })
    return (sequence) => {
      this.#lag.record(systemClock.nowMs() - this.#schedule.dueMs(sequence))
      const room = sequence % templates.length
      this.#sampled[room]?.send((templates[room] as FrameTemplate).withSequence(sequence))
    }
  }

  #tellProgress(onProgress: NonNullable<LoadEvents['onProgress']>): () => void {
    const timer = setInterval(() => {
      const tell = async (): Promise<void> => {
        onProgress({ received: total(await this.#snapshots()).events, latencyMs: this.#latency.percentilesMs() })
      }
      void tell()
    }, PROGRESS_MS)
    return () => clearInterval(timer)
  }

  async #snapshots(): Promise<readonly Snapshot[]> {
    return [takeSnapshot(this.#sampled), await this.#crowd.ask('snapshot')]
  }

  /** Waits for what is still on its way, as long as something arrives. */
  async #drain(): Promise<void> {
    const deadlineMs = systemClock.nowMs() + DRAIN_MS_MAX
    let [events, changedMs] = [-1, systemClock.nowMs()]
    while (systemClock.nowMs() < deadlineMs && systemClock.nowMs() - changedMs < STALLED_MS) {
      const now = total(await this.#snapshots()).events
      if (now >= this.#sent * this.#receivers) return
      if (now !== events) [events, changedMs] = [now, systemClock.nowMs()]
      await sleep(20)
    }
  }

  async #summarize(before: readonly Snapshot[], after: readonly Snapshot[]): Promise<LoadResult> {
    const end = await this.#snapshots()
    const { events, eventBytes } = total(end)
    const [first, last] = [total(before), total(after)]
    const offeredPerSecond = this.#load.rate * this.#receivers
    return {
      sent: this.#sent,
      expected: this.#sent * this.#receivers,
      received: events,
      deliveriesPerSecond: eventsPerSecond(before, after),
      backlogSeconds: (this.#window.to * this.#receivers - last.events) / offeredPerSecond,
      framesPerRead: (last.events - first.events) / Math.max(1, last.reads - first.reads),
      frameBytes: eventBytes / Math.max(1, events),
      latencyMs: this.#latency.percentilesMs(),
      sendLagMs: this.#lag.percentilesMs(),
      disorder: this.#latency.disorder,
      gaps: this.#latency.gaps,
      closed: end.flatMap((group) => group.closed),
      complaints: [...new Set(end.flatMap((group) => group.complaints))],
    }
  }
}
