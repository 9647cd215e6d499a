import type { Receipt } from '../protocol/shapes/shop.ts'
import { webCrypto } from './environment.ts'
import { DrumbeatError } from './errors.ts'
import type { RequestTypes } from './events.ts'
import { PURCHASE_ATTEMPTS_MAX, PURCHASE_BACKOFF_MS, PURCHASE_BACKOFF_MS_MAX } from './limits.ts'
import { backoffMs, sleep } from './timing.ts'

/** What to buy. The server sets the price. */
export interface Order {
  readonly goodId: string
  /** 1 by default. */
  readonly count?: number
  /** The purchase is refused with PRICE_CHANGED if the good has another price by then. */
  readonly expectedPrice?: number
  /** 16 to 64 characters of `A-Za-z0-9_-`; a random key by default. To learn the outcome of an earlier attempt, pass its key. */
  readonly idempotencyKey?: string
}

type Payload = RequestTypes['core.game.state.buy_good']['payload']

/**
 * Makes one purchase, however often it has to be asked for. Every attempt has the same key, so it is done at most once. If the
 * outcome is still unknown after the last attempt, throws OUTCOME_UNKNOWN with `idempotency_key` in its details.
 */
export async function purchase(
  order: Order,
  ask: (payload: Payload) => Promise<Receipt>,
  signals: readonly AbortSignal[],
): Promise<Receipt> {
  const payload = await payloadOf(order)
  let outcomeUnknown = false
  for (let attempt = 1; ; attempt++) {
    try {
      return await ask(payload)
    } catch (error) {
      if (!(error instanceof DrumbeatError)) throw error
      outcomeUnknown ||= error.code === 'OUTCOME_UNKNOWN'
      const isClosed = error.code === 'CLOSED'
      if (!error.retryable && !isClosed) throw error
      if (isClosed || attempt === PURCHASE_ATTEMPTS_MAX) {
        // The error of the last attempt says that nothing was done, but an earlier attempt may have done it.
        const code = outcomeUnknown ? 'OUTCOME_UNKNOWN' : error.code
        const details = { ...error.details, idempotency_key: payload.idempotency_key }
        throw new DrumbeatError(code, error.message, details, { cause: error })
      }
      const backoff = { baseMs: PURCHASE_BACKOFF_MS, maxMs: PURCHASE_BACKOFF_MS_MAX }
      await sleep(error.retryAfterMs ?? backoffMs(attempt - 1, backoff), signals)
    }
  }
}

async function payloadOf({ goodId, count = 1, expectedPrice, idempotencyKey }: Order): Promise<Payload> {
  const key = idempotencyKey ?? (await newKey())
  return { good_id: goodId, count, idempotency_key: key, expected_price: expectedPrice } as Payload
}

/** 128 random bits as 32 hexadecimal digits. (Pages that were not loaded by https have no `randomUUID`.) */
async function newKey(): Promise<string> {
  const bytes = (await webCrypto()).getRandomValues(new Uint8Array(16))
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
