import type { Duplex } from 'node:stream'
import type { Clock } from '../base/clock.ts'
import { within } from '../base/delay.ts'
import type { Log } from '../base/log.ts'
import type { NodeProcess } from './child-process.ts'
import type { LinkedProcess } from './links.ts'

/** The part of a link that a supervisor uses, whatever the kind of process. */
export interface SupervisedLink {
  ask(method: 'drain', args: { readonly withinMs: number; readonly graceMs: number }): Promise<unknown>
  call(method: 'ping', args: null, done: () => void): void
  close(why: string): void
}

export interface SupervisorOptions<Link extends SupervisedLink, Process extends NodeProcess> {
  readonly kind: 'worker' | 'host'
  /** How many processes there should be. With 0, none is ever started. */
  readonly count: number
  readonly spawn: () => Process
  /** The registry of processes. Each is in it from its start until it has ended. */
  readonly links: SupervisedLinks<Link>
  readonly log: Log
  readonly clock: Clock
  /** Called when a process died and is replaced. */
  readonly onDied: () => void
}

/** The part of `Links` that is used here. */
interface SupervisedLinks<Link> {
  add(process: Pick<LinkedProcess<never, never>, 'id' | 'pid'> & { readonly link: Link }): void
  remove(id: number): void
  setListening(id: number, isListening: boolean): void
  readonly listening: readonly unknown[]
}

export interface NewProcess<Process extends NodeProcess> {
  readonly id: number
  /** 0 for the processes of the start, 1 for those of the first `roll`, and so on. */
  readonly generation: number
  /** Whether it is to take over from another process. */
  readonly isSuccessor: boolean
  readonly stream: Duplex
  readonly process: Process
  /** Call this when the process says that it listens. */
  readonly onListening: () => void
  /** Call this when the process says that it cannot start with its configuration. Another attempt would fail, too. */
  readonly onUnfit: (error: Error) => void
  readonly onClose: (why: string) => void
}

/** What the rest of the node does when a process starts, is replaced, or has ended. */
export interface ProcessLife<Link extends SupervisedLink, Process extends NodeProcess> {
  /** Creates this end of the process's link, and tells the process what it must know first. */
  connect(started: NewProcess<Process>): Link
  /**
   * Called when the successor listens. Resolves when the successor has everything that the old process had to hand over. Rejects
   * if the old process has to continue. After `withinMs` the old process is ended in any case.
   */
  takeOver?(old: number, successor: number, withinMs: number): Promise<void>
  gone(id: number, process: Process): void
}

interface Slot<Link, Process> {
  readonly id: number
  readonly process: Process
  readonly link: Link
  readonly startedAtMs: number
  /** Undefined while it does not listen yet. */
  listensSinceMs: number | undefined
  /** Set if it is to take over from another process. The other one continues if this one does not start or cannot take over. */
  readonly successor: Successor | undefined
  /** Whether it has not taken over yet. */
  isOnTrial: boolean
  /** How it ended. Undefined until then. */
  ended: string | undefined
  /** Whether a successor is about to take over. If this process dies, the successor is its replacement. */
  isReplaced: boolean
  /** Whether a successor has taken over, so that this process ends. */
  retiring: boolean
  /** The reason, from the process itself, why it cannot start. */
  unfit: Error | undefined
  /** Pings in a row that were not answered before the next one. */
  missed: number
}

function isListening({ listensSinceMs }: Slot<unknown, unknown>): boolean {
  return listensSinceMs !== undefined
}

interface Successor {
  readonly listens: () => void
  readonly failed: (error: Error) => void
}

export interface RollOptions {
  /** How long the clients of a worker may take to move to another worker on their own. */
  readonly graceMs: number
  /** How long the end of a process may take, `graceMs` included. */
  readonly withinMs: number
  /** Called when a new process listens. If this throws, the process does not take over, and `roll` rejects with the error. */
  readonly check?: (successor: number) => void
  /** Called when a new process listens and has taken over. */
  readonly onReplaced: () => void
}

const HEARTBEAT_MS = 1_000
/** A process that misses this many pings in a row is stuck or stopped. It is killed and replaced. */
const MISSED_MAX = 7
/** A process that does not listen after this time never will. */
const START_MS_MAX = 30_000
/** A process that misses at most this many pings is well: one ping is always in progress, and one may be late. */
const MISSED_WELL = 2
const BACKOFF_MIN_MS = 50
const BACKOFF_MAX_MS = 5_000
/** A process that has listened for this long did not die because of its start. */
const HEALTHY_MS = 1_000
/** The start fails after this many early deaths in a row, if not all processes have listened once before. */
const START_ATTEMPTS = 3

/** A supervisor without the type of its processes. */
export type Supervision = Pick<Supervisor<never, never>, 'health' | 'roll' | 'stop'>

/**
 * Keeps `count` processes of one kind alive. A process that dies is replaced at once, or after a growing delay if several die
 * early.
 */
export class Supervisor<Link extends SupervisedLink, Process extends NodeProcess> {
  readonly #options: SupervisorOptions<Link, Process>
  readonly #slots = new Map<number, Slot<Link, Process>>()
  #life: ProcessLife<Link, Process> | undefined
  #heartbeat: NodeJS.Timeout | undefined
  #nextId = 1
  #earlyDeaths = 0
  #generation = 0
  #stopping = false
  #onAllListening: () => void = () => {}
  #onStartFailed: (error: Error) => void = () => {}
  #wasComplete = false
  #beatAtMs: number

  constructor(options: SupervisorOptions<Link, Process>) {
    this.#options = options
    this.#beatAtMs = options.clock.nowMs()
  }

  /** Resolves when all processes listen. Rejects if one says that it cannot start, or if several die, before that. */
  start(life: ProcessLife<Link, Process>): Promise<void> {
    this.#life = life
    if (this.#options.count === 0) return Promise.resolve()
    this.#heartbeat = setInterval(() => this.#beat(), HEARTBEAT_MS)
    return new Promise((resolve, reject) => {
      this.#onAllListening = resolve
      this.#onStartFailed = reject
      for (let i = 0; i < this.#options.count; i++) this.#spawn()
    })
  }

  /**
   * How many processes do not serve now, of how many that should, and what is wrong with them. During a stop nothing counts as
   * wrong.
   */
  get health(): { readonly missing: number; readonly of: number; readonly fault: string | undefined } {
    const of = this.#options.count
    const slots = [...this.#slots.values()]
    const well = slots.filter((slot) => isListening(slot) && slot.missed <= MISSED_WELL).length
    const missing = Math.max(0, of - well)
    const isFault = missing > 0 && !this.#stopping
    return { missing, of, fault: isFault ? `${missing} of ${of} ${this.#options.kind}s do not answer` : undefined }
  }

  /**
   * Replaces the processes one by one. Rejects if a new one does not start or cannot take over. The processes that are not
   * replaced then continue.
   */
  async roll(options: RollOptions): Promise<void> {
    const before = this.#generation++
    let isFirst = true
    for (const slot of Array.from(this.#slots.values())) {
      // A process that died meanwhile was replaced by one that is up to date.
      if (this.#stopping || !this.#slots.has(slot.id)) continue
      slot.isReplaced = true
      try {
        await this.#succeed(slot, options)
      } catch (error) {
        if (isFirst) this.#generation = before
        slot.isReplaced = false
        if (!this.#slots.has(slot.id)) this.#spawn()
        throw error
      }
      isFirst = false
      options.onReplaced()
      await this.#retire(slot.id, options)
    }
  }

  /** Drains all processes, then ends them. */
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

  /** Starts a successor of the process and lets it take over. Rejects if it does not start or cannot take over. */
  async #succeed({ id }: Slot<Link, Process>, { withinMs, check }: RollOptions): Promise<void> {
    const successor = await new Promise<Slot<Link, Process>>((listens, failed) => {
      const slot = this.#spawn({ listens: () => listens(slot), failed })
    })
    try {
      check?.(successor.id)
      await within(this.#life?.takeOver?.(id, successor.id, withinMs) ?? Promise.resolve(), withinMs, undefined)
    } catch (error) {
      const { ended, process } = successor
      process.kill()
      await process.ended
      // If the successor died, the way in which it ended says more.
      throw ended === undefined ? error : new Error(`${this.#options.kind} ${successor.id} ended: ${ended}`)
    }
    successor.isOnTrial = false
    if (successor.ended !== undefined) this.#spawn()
  }

  async #retire(id: number, { graceMs, withinMs }: Pick<RollOptions, 'graceMs' | 'withinMs'>): Promise<void> {
    const slot = this.#slots.get(id)
    if (!slot || this.#stopping) return
    slot.retiring = true
    this.#options.links.setListening(id, false)
    // A process that dies meanwhile counts as drained, too.
    const drained = slot.link.ask('drain', { withinMs, graceMs }).catch(() => null)
    await within(drained, withinMs, undefined)
    slot.link.close('replaced')
    slot.process.kill()
    await slot.process.ended
  }

  #spawn(successor?: Successor): Slot<Link, Process> {
    if (!this.#life) throw new Error('the supervisor was not started')
    const { spawn, links, log, clock, kind } = this.#options
    const id = this.#nextId++
    const process = spawn()
    const link = this.#life.connect({
      id,
      generation: this.#generation,
      isSuccessor: successor !== undefined,
      stream: process.link,
      process,
      onListening: () => this.#listens(id),
      onUnfit: (error) => {
        slot.unfit = error
        process.kill()
      },
      // A process ends on its own when it loses its link, unless it is stuck.
      onClose: (why) => {
        log.debug({ [kind]: id, why }, 'link closed')
        process.kill()
      },
    })
    links.add({ id, pid: process.pid, link })
    const startedAtMs = clock.nowMs()
    const slot: Slot<Link, Process> = {
      id,
      process,
      link,
      startedAtMs,
      successor,
      isOnTrial: successor !== undefined,
      ended: undefined,
      listensSinceMs: undefined,
      isReplaced: false,
      retiring: false,
      unfit: undefined,
      missed: 0,
    }
    this.#slots.set(id, slot)
    void process.ended.then((how) => this.#ended(id, how))
    return slot
  }

  #listens(id: number): void {
    const slot = this.#slots.get(id)
    if (!slot) return
    const { clock, links, log, count, kind } = this.#options
    slot.listensSinceMs = clock.nowMs()
    links.setListening(id, true)
    const tookMs = Math.round(clock.nowMs() - slot.startedAtMs)
    log.info({ [kind]: id, pid: slot.process.pid, tookMs }, `${kind} ready`)
    slot.successor?.listens()
    if (this.#wasComplete || links.listening.length < count) return
    this.#wasComplete = true
    this.#onAllListening()
  }

  #ended(id: number, how: string): void {
    const slot = this.#slots.get(id)
    if (!slot) return
    const { kind } = this.#options
    slot.ended = how
    this.#slots.delete(id)
    this.#options.links.remove(id)
    slot.link.close(how)
    this.#life?.gone(id, slot.process)
    if (this.#stopping || slot.retiring) return
    if (slot.successor && !isListening(slot)) {
      slot.successor.failed(slot.unfit ?? new Error(`${kind} ${id} ended at its start: ${how}`))
      return
    }
    // `#succeed` waits for the handover and notices that this process has ended.
    if (slot.isOnTrial) return
    this.#options.onDied()
    if (slot.isReplaced) return
    const nowMs = this.#options.clock.nowMs()
    const servedMs = nowMs - (slot.listensSinceMs ?? nowMs)
    this.#earlyDeaths = servedMs > HEALTHY_MS ? 0 : this.#earlyDeaths + 1
    if (!this.#wasComplete && (slot.unfit || this.#earlyDeaths >= START_ATTEMPTS)) {
      this.#onStartFailed(slot.unfit ?? new Error(`${kind}s end at their start: ${how}`))
      return
    }
    const waitMs = this.#earlyDeaths === 0 ? 0 : Math.min(BACKOFF_MAX_MS, BACKOFF_MIN_MS * 2 ** this.#earlyDeaths)
    const { unfit, process } = slot
    const why = unfit === undefined ? { how } : { how, why: unfit.message }
    this.#options.log.error({ [kind]: id, pid: process.pid, ...why, waitMs }, `${kind} died; starting another`)
    setTimeout(() => {
      if (!this.#stopping) this.#spawn()
    }, waitMs)
  }

  #beat(): void {
    const nowMs = this.#options.clock.nowMs()
    // If the beat is late, this process itself was stopped or overloaded, and answers still wait to be read.
    const isLate = nowMs - this.#beatAtMs > HEARTBEAT_MS * 2
    this.#beatAtMs = nowMs
    for (const slot of this.#slots.values()) {
      if (isLate) slot.missed = 0
      const isStuck = isListening(slot) ? slot.missed >= MISSED_MAX : nowMs - slot.startedAtMs > START_MS_MAX
      if (isStuck) {
        const { log, kind } = this.#options
        log.error({ [kind]: slot.id, pid: slot.process.pid }, `${kind} does not answer: killing it`)
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
