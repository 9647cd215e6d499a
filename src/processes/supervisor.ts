import type { Duplex } from 'node:stream'
import type { Clock } from '../base/clock.ts'
import { within } from '../base/delay.ts'
import type { Log } from '../base/log.ts'
import type { WorkerProcess } from './child-process.ts'
import type { WorkerLink, WorkerLinks } from './workers.ts'

export interface SupervisorOptions {
  readonly count: number
  readonly spawn: () => WorkerProcess
  /** Where a worker is found from its start until it has ended. */
  readonly links: WorkerLinks
  readonly log: Log
  readonly clock: Clock
  /** A worker died, and is replaced. */
  readonly onDied: () => void
}

export interface NewWorker {
  readonly id: number
  readonly stream: Duplex
  /** To be called when the worker says that it listens. */
  readonly onListening: () => void
  readonly onClose: (why: string) => void
}

/** What the rest of the node does when a worker starts and when it has ended. */
export interface WorkerLife {
  /** Makes this end of the worker's link and tells the worker what it must know first. */
  connect(worker: NewWorker): WorkerLink
  gone(worker: number): void
}

interface Slot {
  readonly worker: number
  readonly process: WorkerProcess
  readonly link: WorkerLink
  readonly startedAtMs: number
  /** undefined: it does not listen yet. */
  listensSinceMs: number | undefined
  /** It is to take over from another one, which goes on where this one does not come up. */
  readonly successor: Successor | undefined
  /** Another one takes over: where this one dies, that one is its replacement. */
  isReplaced: boolean
  /** Another one has taken over: it ends. */
  retiring: boolean
  /** Pings in a row that were not answered by the next beat. */
  missed: number
}

function isListening({ listensSinceMs }: Slot): boolean {
  return listensSinceMs !== undefined
}

interface Successor {
  readonly listens: () => void
  readonly failed: (error: Error) => void
}

export interface RollOptions {
  /** How long a worker's clients may take to move by themselves. */
  readonly graceMs: number
  /** How long its end may take, that included. */
  readonly withinMs: number
  /** A new one listens. */
  readonly onReplaced: () => void
}

const HEARTBEAT_MS = 1_000
/** A worker that misses so many pings in a row is stopped or stuck, and is replaced. */
const MISSED_MAX = 7
/** One that has not listened after so long never will. */
const START_MS_MAX = 30_000
/** One ping is always under way, and one may be late. */
const MISSED_WELL = 2
const BACKOFF_MIN_MS = 50
const BACKOFF_MAX_MS = 5_000
/** A worker that has listened for so long did not die of its start. */
const HEALTHY_MS = 1_000
/** Early deaths in a row before all workers ever listened: the start has failed. */
const START_ATTEMPTS = 3

/** Keeps `count` workers alive: a dead one is replaced, sooner the longer it had lived. */
export class Supervisor {
  readonly #options: SupervisorOptions
  readonly #slots = new Map<number, Slot>()
  #life: WorkerLife | undefined
  #heartbeat: NodeJS.Timeout | undefined
  #nextWorker = 1
  #earlyDeaths = 0
  #stopping = false
  #onAllListening: () => void = () => {}
  #onStartFailed: (error: Error) => void = () => {}
  #wasComplete = false
  #beatAtMs: number

  constructor(options: SupervisorOptions) {
    this.#options = options
    this.#beatAtMs = options.clock.nowMs()
  }

  /** Resolves when all workers listen; rejects when they die before any does. */
  start(life: WorkerLife): Promise<void> {
    this.#life = life
    this.#heartbeat = setInterval(() => this.#beat(), HEARTBEAT_MS)
    return new Promise((resolve, reject) => {
      this.#onAllListening = resolve
      this.#onStartFailed = reject
      for (let i = 0; i < this.#options.count; i++) this.#spawn()
    })
  }

  /** How many workers do not serve now, of how many that should, and what is wrong with them. Where it stops, nothing is. */
  get health(): { readonly missing: number; readonly of: number; readonly fault: string | undefined } {
    const of = this.#options.count
    const slots = [...this.#slots.values()]
    const well = slots.filter((slot) => isListening(slot) && slot.missed <= MISSED_WELL).length
    const missing = Math.max(0, of - well)
    const isFault = missing > 0 && !this.#stopping
    return { missing, of, fault: isFault ? `${missing} of ${of} workers do not answer` : undefined }
  }

  /** Replaces the workers one by one. Rejects where a new one does not come up: those that are left go on. */
  async roll(options: RollOptions): Promise<void> {
    for (const slot of Array.from(this.#slots.values())) {
      // One that died meanwhile was replaced by one that has all that is new.
      if (this.#stopping || !this.#slots.has(slot.worker)) continue
      slot.isReplaced = true
      try {
        await new Promise<void>((listens, failed) => this.#spawn({ listens, failed }))
      } catch (error) {
        slot.isReplaced = false
        if (!this.#slots.has(slot.worker)) this.#spawn()
        throw error
      }
      options.onReplaced()
      await this.#retire(slot.worker, options)
    }
  }

  /** Drains all workers, then ends them. */
  async stop(withinMs: number): Promise<void> {
    this.#stopping = true
    clearInterval(this.#heartbeat)
    const slots = [...this.#slots.values()]
    const drained = slots.map(({ link }) => link.ask('drain', { withinMs, graceMs: 0 }).catch(() => null))
    await within(Promise.all(drained), withinMs, undefined)
    for (const { process, link } of slots) {
      link.close('stopping')
      process.kill()
    }
    await Promise.all(slots.map(({ process }) => process.ended))
  }

  async #retire(worker: number, { graceMs, withinMs }: Pick<RollOptions, 'graceMs' | 'withinMs'>): Promise<void> {
    const slot = this.#slots.get(worker)
    if (!slot || this.#stopping) return
    slot.retiring = true
    this.#options.links.setListening(worker, false)
    const drained = slot.link.ask('drain', { withinMs, graceMs }).catch(() => null)
    await within(drained, withinMs, undefined)
    slot.link.close('replaced')
    slot.process.kill()
    await slot.process.ended
  }

  #spawn(successor?: Successor): void {
    if (!this.#life) throw new Error('the supervisor was not started')
    const { spawn, links, log, clock } = this.#options
    const worker = this.#nextWorker++
    const process = spawn()
    const link = this.#life.connect({
      id: worker,
      stream: process.link,
      onListening: () => this.#listens(worker),
      // Without its link a worker ends by itself; one that is stuck does not.
      onClose: (why) => {
        log.debug({ worker, why }, 'link closed')
        process.kill()
      },
    })
    links.add({ id: worker, pid: process.pid, link })
    const startedAtMs = clock.nowMs()
    const slot: Slot = {
      worker,
      process,
      link,
      startedAtMs,
      successor,
      listensSinceMs: undefined,
      isReplaced: false,
      retiring: false,
      missed: 0,
    }
    this.#slots.set(worker, slot)
    void process.ended.then((how) => this.#ended(worker, how))
  }

  #listens(worker: number): void {
    const slot = this.#slots.get(worker)
    if (!slot) return
    const { clock, links, log, count } = this.#options
    slot.listensSinceMs = clock.nowMs()
    links.setListening(worker, true)
    const tookMs = Math.round(clock.nowMs() - slot.startedAtMs)
    log.info({ worker, pid: slot.process.pid, tookMs }, 'worker ready')
    slot.successor?.listens()
    if (this.#wasComplete || links.listening.length < count) return
    this.#wasComplete = true
    this.#onAllListening()
  }

  #ended(worker: number, how: string): void {
    const slot = this.#slots.get(worker)
    if (!slot) return
    this.#slots.delete(worker)
    this.#options.links.remove(worker)
    slot.link.close(how)
    this.#life?.gone(worker)
    if (this.#stopping || slot.retiring) return
    if (slot.successor && !isListening(slot)) {
      slot.successor.failed(new Error(`worker ${worker} ended at its start: ${how}`))
      return
    }
    this.#options.onDied()
    if (slot.isReplaced) return
    const nowMs = this.#options.clock.nowMs()
    const servedMs = nowMs - (slot.listensSinceMs ?? nowMs)
    this.#earlyDeaths = servedMs > HEALTHY_MS ? 0 : this.#earlyDeaths + 1
    if (!this.#wasComplete && this.#earlyDeaths >= START_ATTEMPTS) {
      this.#onStartFailed(new Error(`workers end at their start: ${how}`))
      return
    }
    const waitMs = this.#earlyDeaths === 0 ? 0 : Math.min(BACKOFF_MAX_MS, BACKOFF_MIN_MS * 2 ** this.#earlyDeaths)
    this.#options.log.error({ worker, pid: slot.process.pid, how, waitMs }, 'worker died; starting another')
    setTimeout(() => {
      if (!this.#stopping) this.#spawn()
    }, waitMs)
  }

  #beat(): void {
    const nowMs = this.#options.clock.nowMs()
    // Late: this process was stopped or had no time itself, and the answers are still waiting to be read.
    const isLate = nowMs - this.#beatAtMs > HEARTBEAT_MS * 2
    this.#beatAtMs = nowMs
    for (const slot of this.#slots.values()) {
      if (isLate) slot.missed = 0
      const isStuck = isListening(slot) ? slot.missed >= MISSED_MAX : nowMs - slot.startedAtMs > START_MS_MAX
      if (isStuck) {
        this.#options.log.error({ worker: slot.worker, pid: slot.process.pid }, 'worker does not answer: killing it')
        slot.process.kill()
        continue
      }
      slot.missed++
      slot.link.call('ping', null, () => {
        slot.missed = 0
      })
    }
  }
}
