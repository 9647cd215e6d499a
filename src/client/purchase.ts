import type { Receipt } from '../protocol/shapes/shop.ts'
import { webCrypto } from './environment.ts'
import { DrumbeatError } from './errors.ts'
import type { RequestTypes } from './events.ts'
import { PURCHASE_ATTEMPTS_MAX, PURCHASE_BACKOFF_MS, PURCHASE_BACKOFF_MS_MAX } from './limits.ts'
import { backoffMs, sleep } from './timing.ts'

/** What is to be bought. The price is the server's. */
export interface Order {
  readonly goodId: string
  /** 1 by default */
  readonly count?: number
  /** PRICE_CHANGED where the good's price is another one by then. */
  readonly expectedPrice?: number
  /** 16 to 64 of `A-Za-z0-9_-`; made here by default. Give the one of an earlier try to learn that one's outcome. */
  readonly idempotencyKey?: string
}

type Payload = RequestTypes['core.game.state.buy_good']['payload']

/**
 * One purchase, however often it has to be asked for: every attempt carries the same key, so it is done once at most.
 * Where the last attempt leaves the outcome open, the error is OUTCOME_UNKNOWN and its details hold `idempotency_key`.
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
        // "Nothing was done" is true of the last attempt alone.
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

/** 128 random bits as 32 hexadecimal digits. (`randomUUID` is absent from pages that did not come by https.) */
async function newKey(): Promise<string> {
  const bytes = (await webCrypto()).getRandomValues(new Uint8Array(16))
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
