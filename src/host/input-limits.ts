import { TokenBucket } from '../base/token-bucket.ts'
import type { InputRule } from '../games/define.ts'
import { Refusal } from '../protocol/errors.ts'

/** Limits how often each seat may send each input. */
export class InputLimits {
  readonly #seats = new Map<string, Map<string, TokenBucket>>()

  /** Counts one input. Throws RATE_LIMITED with the time after which another one may come. */
  take(user: string, name: string, { perSecond }: InputRule, nowMs: number): void {
    let inputs = this.#seats.get(user)
    if (!inputs) this.#seats.set(user, (inputs = new Map()))
    let bucket = inputs.get(name)
    if (!bucket) inputs.set(name, (bucket = new TokenBucket(perSecond, Math.max(1, perSecond), nowMs)))
    if (bucket.take(1, nowMs)) return
    const message = `"${name}" may be sent ${perSecond} times a second`
    throw new Refusal('RATE_LIMITED', message, { retry_after_ms: bucket.waitMs(1, nowMs) })
  }

  forget(user: string): void {
    this.#seats.delete(user)
  }
}
