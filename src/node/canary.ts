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
  /** For the whole way. */
  readonly withinMs?: number
  /** How long one that came back is good for, however many ask. */
  readonly freshMs?: number
}

const WITHIN_MS = 2_000
const FRESH_MS = 3_000

/**
 * Proves the way that every event goes: a record into the log, from the log to the hub, and from there to each worker, behind the
 * events that wait for it. Nothing is sent while nobody asks, and nothing new while the last one is still on its way.
 */
export class Canary {
  readonly #options: CanaryOptions
  /** Resolves when the hub has it. */
  #flight: Promise<Refusal | undefined> | undefined
  #asking: Promise<ReadyPart> | undefined
  #good: { readonly part: ReadyPart; readonly untilMs: number } | undefined

  constructor(options: CanaryOptions) {
    this.#options = options
  }

  /** A line of /ready, within the time. */
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
    if (logged === LATE) return notBack(`the log did not bring it back within ${withinMs} ms`)
    if (logged) return notBack(`the log did not take it: ${logged.message}`)
    const asked = workers()
    const answers = await Promise.all(asked.map(({ link }) => this.#within(untilMs, reached(link))))
    const silent = asked.filter((_, i) => answers[i] !== true).map(({ id }) => id)
    if (silent.length > 0) return notBack(`it did not reach worker ${silent.join(', ')} within ${withinMs} ms`)
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

/** false: it has ended. */
function reached(link: Pick<WorkerLink, 'ask'>): Promise<boolean> {
  return link.ask('canary', null).then(
    () => true,
    () => false,
  )
}

function notBack(reason: string): ReadyPart {
  return { part: 'canary', ok: false, reason }
}
