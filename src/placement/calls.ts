import type { Clock } from '../base/clock.ts'
import { ANSWER_WITHIN_MS, Sweep } from '../base/deadline.ts'
import type { HostMethods } from '../link/methods/host.ts'
import { Refusal } from '../protocol/errors.ts'
import type { Hosts } from './hosts.ts'
import type { PlacedRoom } from './placed-room.ts'

export interface RoomCall<Name extends keyof HostMethods = keyof HostMethods> {
  readonly method: Name
  readonly args: HostMethods[Name]['args']
  /** Called once with the answer. */
  readonly done: (result: HostMethods[Name]['result'] | Refusal) => void
  /** When `done` must be called, monotonic. By default in ANSWER_WITHIN_MS; Infinity means that there is no such time. */
  readonly untilMs?: number | undefined
  /**
   * Whether the call may be carried out twice. If so, and the host dies, the next host is asked. If not, the outcome is unknown
   * then.
   */
  readonly mayRepeat: boolean
  /** Called with an answer that came too late for `done`. */
  readonly onLate?: (result: HostMethods[Name]['result'] | Refusal) => void
}

export interface CallsOptions {
  readonly hosts: Hosts
  readonly clock: Clock
  /** Called when a call is lost because its host has gone. */
  readonly onHostLost: (host: number) => void
}

interface UnderWay {
  readonly room: PlacedRoom
  readonly call: RoomCall
  readonly untilMs: number
  isSent: boolean
  isAnswered: boolean
}

/** How many calls may wait for one room that moves. */
const WAITING_MAX = 1_000

/**
 * Calls hosts about rooms. Each call is answered in time, and in the order of what the host says. If the room moves, the call
 * waits for it.
 */
export class Calls {
  readonly #options: CallsOptions
  readonly #underWay = new Set<UnderWay>()
  readonly #sweep = new Sweep(() => this.#answerLate())

  constructor(options: CallsOptions) {
    this.#options = options
  }

  get size(): number {
    return this.#underWay.size
  }

  make<Name extends keyof HostMethods>(room: PlacedRoom, call: RoomCall<Name>): void {
    const untilMs = call.untilMs ?? this.#options.clock.nowMs() + ANSWER_WITHIN_MS
    const underWay: UnderWay = { room, call: call as unknown as RoomCall, untilMs, isSent: false, isAnswered: false }
    this.#underWay.add(underWay)
    this.#send(underWay)
    if (untilMs < Infinity) this.#sweep.wake()
  }

  #send(underWay: UnderWay): void {
    const { room, call } = underWay
    if (room.phase === 'ending') {
      this.#answer(underWay, room.whyEnded)
      return
    }
    const host = room.phase === 'running' ? this.#options.hosts.get(room.host) : undefined
    if (!host) {
      this.#wait(underWay)
      return
    }
    underWay.isSent = true
    host.link.call(call.method, call.args, (result) => {
      const isLost = result instanceof Refusal && result.code === 'OUTCOME_UNKNOWN'
      if (isLost) this.#options.onHostLost(host.id)
      host.outlet.pass(() => this.#came(underWay, result, isLost))
    })
  }

  #came(underWay: UnderWay, result: unknown, isLost: boolean): void {
    const { room, call, isAnswered } = underWay
    if (isLost && call.mayRepeat && !isAnswered && room.phase !== 'ending') {
      underWay.isSent = false
      this.#send(underWay)
    } else this.#answer(underWay, result)
  }

  #wait(underWay: UnderWay): void {
    const { waiting } = underWay.room
    if (waiting.length >= WAITING_MAX) {
      this.#answer(underWay, new Refusal('OVERLOADED', 'the room has too much to do', { retry_after_ms: 500 }))
      return
    }
    waiting.push({
      go: () => underWay.isAnswered || this.#send(underWay),
      ended: (refusal) => this.#answer(underWay, refusal),
    })
  }

  #answer(underWay: UnderWay, result: unknown): void {
    this.#underWay.delete(underWay)
    const { call, isAnswered } = underWay
    underWay.isAnswered = true
    if (isAnswered) call.onLate?.(result as never)
    else call.done(result as never)
  }

  /** Returns whether calls are left that have to be answered in time. */
  #answerLate(): boolean {
    const nowMs = this.#options.clock.nowMs()
    for (const underWay of this.#underWay) {
      if (underWay.untilMs > nowMs) continue
      this.#underWay.delete(underWay)
      underWay.isAnswered = true
      underWay.call.done(underWay.isSent ? outcomeUnknown() : notBegun())
    }
    return this.#underWay.size > 0
  }
}

function notBegun(): Refusal {
  return new Refusal('UNAVAILABLE', 'the room is being moved to another host: nothing was done', {
    retry_after_ms: 500,
  })
}

function outcomeUnknown(): Refusal {
  return new Refusal('OUTCOME_UNKNOWN', 'the host of the room did not answer in time')
}
