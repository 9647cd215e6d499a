import { createHash } from 'node:crypto'
import { delay } from '../base/delay.ts'
import type { Log } from '../base/log.ts'
import type { RoomEnding } from '../link/methods/host.ts'
import type { Refusal } from '../protocol/errors.ts'
import { BOT_ID, GUEST_PREFIX, isUserId, NAME, type UserId } from '../protocol/ids.ts'
import type { PlacedRoom } from './placed-room.ts'

export interface Credit {
  readonly userId: UserId
  readonly currency: string
  readonly amount: number
  readonly idempotencyKey: string
}

export interface RewardsOptions {
  /** Gives a player money, once for each key. Resolves to a Refusal where that was not done. */
  readonly credit: (credit: Credit) => Promise<Refusal | undefined>
  readonly log: Log
}

const RETRY_MS_MIN = 200
const RETRY_MS_MAX = 10_000
/** Refusals after which the same request with the same key is asked again. */
const AGAIN: ReadonlySet<string> = new Set(['UNAVAILABLE', 'OUTCOME_UNKNOWN', 'OVERLOADED', 'RATE_LIMITED', 'DRAINING'])

/** What matches were for the ledger: each reward is paid once, however often its room ends. */
export class Rewards {
  readonly #options: RewardsOptions

  constructor(options: RewardsOptions) {
    this.#options = options
  }

  /** Resolves when all of them have been paid, or cannot be. */
  async pay(room: PlacedRoom, rewards: RoomEnding['rewards']): Promise<void> {
    await Promise.all(rewards.map((reward, index) => this.#payOne(room, index, reward)))
  }

  async #payOne(room: PlacedRoom, index: number, reward: RoomEnding['rewards'][number]): Promise<void> {
    const { credit, log } = this.#options
    const about = { room: room.id, index, ...reward }
    const why = whyNot(reward)
    if (why !== undefined) {
      log.warn({ ...about, why }, 'a reward is not paid')
      return
    }
    const { user, currency, amount } = reward
    const request = { userId: user as UserId, currency, amount, idempotencyKey: rewardKey(room.id, index) }
    for (let retryMs = RETRY_MS_MIN; ; retryMs = Math.min(2 * retryMs, RETRY_MS_MAX)) {
      const refusal = await credit(request)
      if (!refusal) return
      if (!AGAIN.has(refusal.code)) {
        log.error({ ...about, code: refusal.code, why: refusal.message }, 'a reward was not paid')
        return
      }
      log.warn({ ...about, code: refusal.code }, 'a reward is not paid yet; it is tried again')
      await delay(retryMs)
    }
  }
}

/** Of one reward of a room: a key of the ledger. */
export function rewardKey(room: string, index: number): string {
  return `reward-${createHash('sha256').update(`${room}/${index}`).digest('base64url')}`
}

function whyNot({ user, currency, amount }: RoomEnding['rewards'][number]): string | undefined {
  if (BOT_ID.test(user)) return 'a bot has no money'
  if (user.startsWith(GUEST_PREFIX)) return 'a guest has no money'
  if (!isUserId(user)) return 'it is no user id'
  if (!NAME.test(currency)) return 'it is no currency'
  return Number.isSafeInteger(amount) && amount > 0 ? undefined : 'the amount has to be an integer from 1'
}
