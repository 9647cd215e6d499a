import { toError } from '../../base/assert.ts'
import type { Clock } from '../../base/clock.ts'
import { ANSWER_WITHIN_MS } from '../../base/deadline.ts'
import { delay } from '../../base/delay.ts'
import type { Random } from '../../base/random.ts'
import { OutcomeUnknown, StoreUnavailable } from '../store.ts'
import type { Member } from './etcd3.ts'
import { failureOf, toUnavailable } from './failure.ts'

export interface MembersOptions {
  readonly members: readonly Member[]
  readonly clock: Clock
  readonly random: Random
  /** Called after a member has failed and calls go to the next one. */
  readonly onMoved: (from: string, to: string, reason: string) => void
}

/** The time for one attempt at a read. The whole read may take ANSWER_WITHIN_MS. */
const READ_ATTEMPT_MS = 800
const BACKOFF_MIN_MS = 20
const BACKOFF_MAX_MS = 400

/** Whether the error comes from this side of the call. Then it would be the same with every other member. */
function isOurs(error: unknown): boolean {
  return error instanceof StoreUnavailable || error instanceof OutcomeUnknown
}

/** The endpoints of etcd. Calls go to one of them until it fails, then to the next. */
export class Members {
  readonly #options: MembersOptions
  #current = 0

  constructor(options: MembersOptions) {
    this.#options = options
  }

  get current(): Member {
    const member = this.#options.members[this.#current]
    if (!member) throw new Error('no etcd endpoint')
    return member
  }

  /**
   * Calls once, and throws whatever the call throws. After a failure the next call goes to another member, unless etcd said no.
   */
  async call<T>(run: (member: Member) => Promise<T>): Promise<T> {
    const member = this.current
    try {
      return await run(member)
    } catch (cause) {
      const error = toError(cause)
      if (!isOurs(error) && failureOf(error) !== 'refused') this.#leave(member, error)
      throw error
    }
  }

  /**
   * Reads, and tries again with jittered backoff, which is safe for a read.
   * @throws StoreUnavailable after `withinMs`, or at once if etcd says no
   */
  async read<T>(run: (member: Member, withinMs: number) => Promise<T>, withinMs = ANSWER_WITHIN_MS): Promise<T> {
    const { clock } = this.#options
    const untilMs = clock.nowMs() + withinMs
    for (let attempt = 0; ; attempt++) {
      const member = this.current
      try {
        const leftMs = Math.max(1, untilMs - clock.nowMs())
        return await this.call(() => run(member, Math.min(READ_ATTEMPT_MS, leftMs)))
      } catch (cause) {
        if (isOurs(cause)) throw new StoreUnavailable(toError(cause).message, { cause })
        const waitMs = this.backoffMs(attempt)
        const isLast = clock.nowMs() + waitMs >= untilMs
        if (isLast || failureOf(toError(cause)) === 'refused') throw toUnavailable(cause, member.endpoint)
        await delay(waitMs)
      }
    }
  }

  /** Has full jitter, and doubles each time that all members have been tried. */
  backoffMs(attempt: number): number {
    const round = Math.floor(attempt / this.#options.members.length)
    const most = Math.min(BACKOFF_MAX_MS, BACKOFF_MIN_MS * 2 ** round)
    return most * this.#options.random.fraction()
  }

  close(): void {
    for (const member of this.#options.members) member.close()
  }

  #leave(member: Member, error: Error): void {
    // Another call may already have moved on.
    if (this.current !== member) return
    this.#current = (this.#current + 1) % this.#options.members.length
    this.#options.onMoved(member.endpoint, this.current.endpoint, error.message)
  }
}
