import type { Clock } from '../base/clock.ts'
import { ANSWER_WITHIN_MS, Sweep } from '../base/deadline.ts'
import type { HostMethods } from '../link/methods/host.ts'
import { Refusal } from '../protocol/errors.ts'
import type { Hosts } from './hosts.ts'
import type { PlacedRoom } from './placed-room.ts'

export interface RoomCall<Name extends keyof HostMethods = keyof HostMethods> {
  readonly method: Name
  readonly args: HostMethods[Name]['args']
  /** Called once. */
  readonly done: (result: HostMethods[Name]['result'] | Refusal) => void
  /** When `done` has to be called; monotonic. ANSWER_WITHIN_MS from now by default, Infinity: whenever it may be. */
  readonly untilMs?: number | undefined
  /** It may be done twice: if the host dies, the next one is asked. Else the outcome is unknown. */
  readonly mayRepeat: boolean
  /** The answer came too late for `done`. */
  readonly onLate?: (result: HostMethods[Name]['result'] | Refusal) => void
}

export interface CallsOptions {
  readonly hosts: Hosts
  readonly clock: Clock
  /** A call came to nothing because its host has gone. */
  readonly onHostLost: (host: number) => void
}

interface UnderWay {
  readonly room: PlacedRoom
  readonly call: RoomCall
  readonly untilMs: number
  isSent: boolean
  isAnswered: boolean
}

/** Calls that wait for one room that moves. */
const WAITING_MAX = 1_000

/** What hosts are asked about rooms: each is answered in time, in the order of what the host says, and a room that moves is waited for. */
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

  /** Returns whether there may be more of it. */
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
