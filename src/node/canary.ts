import type { Clock } from '../base/clock.ts'
import { within } from '../base/delay.ts'
import { CANARY } from '../hub/control.ts'
import type { GroupCommit } from '../hub/group-commit.ts'
import type { Hub } from '../hub/hub.ts'
import type { ReadyPart } from '../protocol/shapes/operations.ts'
import { Refusal } from '../protocol/errors.ts'
import type { WorkerLink } from '../processes/workers.ts'

export interface CanaryOptions {
  readonly commits: Pick<GroupCommit, 'append'>
  readonly hub: Pick<Hub, 'reached'>
  readonly workers: () => readonly { readonly id: number; readonly link: Pick<WorkerLink, 'ask'> }[]
  readonly clock: Clock
  /** How long the whole way may take. */
  readonly withinMs?: number
  /** How long a good result is reused. */
  readonly freshMs?: number
}

const WITHIN_MS = 2_000
const FRESH_MS = 3_000

/**
 * Checks the way of every event: a record goes into the log, from the log to the hub, and from there to each worker, behind the
 * events that wait for that worker. A record is sent only if somebody asks, and never while the last one is on its way.
 */
export class Canary {
  readonly #options: CanaryOptions
  /** The record that is on its way. Resolves when the hub has it, or to the refusal of the log. */
  #flight: Promise<Refusal | undefined> | undefined
  #asking: Promise<ReadyPart> | undefined
  #good: { readonly part: ReadyPart; readonly untilMs: number } | undefined

  constructor(options: CanaryOptions) {
    this.#options = options
  }

  /** Resolves to a line of /ready, within `withinMs`. */
  ask(): Promise<ReadyPart> {
    const { clock } = this.#options
    if (this.#good && clock.nowMs() < this.#good.untilMs) return Promise.resolve(this.#good.part)
    this.#asking ??= this.#send().finally(() => (this.#asking = undefined))
    return this.#asking
  }

  async #send(): Promise<ReadyPart> {
    const { clock, workers, withinMs = WITHIN_MS, freshMs = FRESH_MS } = this.#options
    const startedMs = clock.nowMs()
    const untilMs = startedMs + withinMs
    const logged = await this.#within(untilMs, this.#throughLog())
    if (logged === LATE) return notBack(`the record did not come back from the log within ${withinMs} ms`)
    if (logged) return notBack(`the log refused the record: ${logged.message}`)
    const asked = workers()
    const answers = await Promise.all(asked.map(({ link }) => this.#within(untilMs, reached(link))))
    const silent = asked.filter((_, i) => answers[i] !== true).map(({ id }) => id)
    if (silent.length > 0) return notBack(`the record did not reach worker ${silent.join(', ')} within ${withinMs} ms`)
    const tookMs = Math.max(1, Math.round(clock.nowMs() - startedMs))
    const reason = `through the log to ${asked.length} workers in ${tookMs} ms`
    const part = { part: 'canary', ok: true, reason }
    this.#good = { part, untilMs: clock.nowMs() + freshMs }
    return part
  }

  #throughLog(): Promise<Refusal | undefined> {
    const { commits, hub } = this.#options
    this.#flight ??= new Promise<Refusal | undefined>((resolve) => {
      commits.append({ record: CANARY }, (result) => {
        if (result instanceof Refusal) resolve(result)
        else void hub.reached(result).then(() => resolve(undefined))
      })
    }).finally(() => (this.#flight = undefined))
    return this.#flight
  }

  #within<T>(untilMs: number, promise: Promise<T>): Promise<T | typeof LATE> {
    return within(promise, Math.max(0, untilMs - this.#options.clock.nowMs()), LATE)
  }
}

const LATE = Symbol('late')

/** Resolves to true when the worker answers, and to false if its link has closed. */
function reached(link: Pick<WorkerLink, 'ask'>): Promise<boolean> {
  return link.ask('canary', null).then(
    () => true,
    () => false,
  )
}

function notBack(reason: string): ReadyPart {
  return { part: 'canary', ok: false, reason }
}
