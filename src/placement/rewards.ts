import { delay } from '../base/delay.ts'
import type { Log } from '../base/log.ts'
import type { RoomEnding } from '../link/methods/host.ts'
import { Refusal, type ErrorBody } from '../protocol/errors.ts'
import { BOT_ID, isGuestId, isUserId, NAME, type Namespace, type RoomId, type UserId } from '../protocol/ids.ts'
import type { LogRecord } from '../store/store.ts'
import type { PlacedRoom } from './placed-room.ts'

export interface Reward {
  readonly userId: UserId
  readonly currency: string
  readonly amount: number
}

/** The end of a room that pays rewards. */
export interface Match {
  readonly roomId: RoomId
  readonly namespace: Namespace
  readonly rewards: readonly Reward[]
  /** The event that says that the room is over. */
  readonly end: LogRecord
}

export interface UnpaidReward {
  /** The index of the reward. */
  readonly reward: number
  readonly error: ErrorBody
}

export interface RewardsOptions {
  /**
   * Puts the end of a match into the log and its rewards into the ledger, in one transaction, once per room. Resolves to the
   * rewards that the ledger refused, or to a Refusal if nothing was done or the outcome is unknown.
   */
  readonly settle: (match: Match) => Promise<readonly UnpaidReward[] | Refusal>
  readonly counts: { readonly onReward: (outcome: 'paid' | 'unpaid') => void }
  readonly log: Log
}

const RETRY_MS_MIN = 200
const RETRY_MS_MAX = 10_000
/** Refusals after which the same request is repeated. */
const AGAIN: ReadonlySet<string> = new Set(['UNAVAILABLE', 'OUTCOME_UNKNOWN', 'OVERLOADED', 'RATE_LIMITED', 'DRAINING'])

/** Pays matches through the ledger. Each match is paid once, together with the event of its end, however often its room ends. */
export class Rewards {
  readonly #options: RewardsOptions

  constructor(options: RewardsOptions) {
    this.#options = options
  }

  /**
   * Resolves to true when the match is in the log and was paid, now or earlier. Resolves to false if the ledger refuses it as a
   * whole.
   */
  async settle(room: PlacedRoom, rewards: RoomEnding['rewards'], end: LogRecord): Promise<boolean> {
    const { settle, log } = this.#options
    const about = { room: room.id, game: room.game.name }
    const payable = rewards.flatMap((reward) => this.#payable(room, reward))
    const match = { roomId: room.id, namespace: room.namespace, rewards: payable, end }
    for (let retryMs = RETRY_MS_MIN; ; retryMs = Math.min(2 * retryMs, RETRY_MS_MAX)) {
      const result = await settle(match)
      if (!(result instanceof Refusal)) {
        this.#note(match, result)
        return true
      }
      const { code, message: why } = result
      if (code === 'IDEMPOTENCY_CONFLICT') {
        log.error(about, 'a room has ended a second time, with other rewards; the first ones were paid')
        return true
      }
      if (!AGAIN.has(code)) {
        log.error({ ...about, code, why }, 'the rewards of a match were not paid')
        for (let i = 0; i < payable.length; i++) this.#options.counts.onReward('unpaid')
        return false
      }
      log.warn({ ...about, code }, 'the rewards of a match could not be paid yet; trying again')
      await delay(retryMs)
    }
  }

  /** Leaves out a reward that a host should not have let through. */
  #payable({ id }: PlacedRoom, reward: RoomEnding['rewards'][number]): readonly Reward[] {
    const why = whyNot(reward)
    if (why === undefined) {
      const { user, currency, amount } = reward
      return [{ userId: user as UserId, currency, amount }]
    }
    this.#options.log.warn({ room: id, ...reward, why }, 'a reward is not paid')
    return []
  }

  #note({ roomId, rewards }: Match, unpaid: readonly UnpaidReward[]): void {
    const { counts, log } = this.#options
    for (const { reward, error } of unpaid) {
      counts.onReward('unpaid')
      log.error({ room: roomId, ...rewards[reward], code: error.code, why: error.message }, 'a reward was not paid')
    }
    for (let i = unpaid.length; i < rewards.length; i++) counts.onReward('paid')
  }
}

function whyNot({ user, currency, amount }: RoomEnding['rewards'][number]): string | undefined {
  if (BOT_ID.test(user)) return 'a bot has no money'
  if (isGuestId(user)) return 'a guest has no money'
  if (!isUserId(user)) return 'it is no user id'
  if (!NAME.test(currency)) return 'it is no currency'
  return Number.isSafeInteger(amount) && amount > 0 ? undefined : 'the amount must be an integer of at least 1'
}
