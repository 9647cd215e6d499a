import { goodChangedRecord } from './control.ts'
import {
  decideCredit,
  decidePurchase,
  decideRefund,
  decideRestock,
  no,
  type No,
  type PurchaseRequest,
} from '../domain/purchase.ts'
import { parseGood } from '../domain/good.ts'
import type { Good } from '../protocol/shapes/shop.ts'
import { amountOf, newPlayer, parsePlayerRecord, toPlayer, type Player, type PlayerRecord } from '../domain/player.ts'
import { conflictOf } from '../idempotency/record.ts'
import { Refusal, type ErrorBody } from '../protocol/errors.ts'
import { encodeEvent, eventRecord, type EncodedEvent, type EventFields } from '../protocol/event-body.ts'
import { EVENT, SERVER_EVENT } from '../protocol/events.ts'
import { receiptBytes } from '../protocol/receipt.ts'
import type { Receipt } from '../protocol/shapes/shop.ts'
import { SERVER_SENDER, userChannel, type UserId } from '../protocol/ids.ts'
import type { LogRecord } from '../store/store.ts'
import { encodeEntry, hashOf, type LedgerEntry } from './entries.ts'
import { goodKey, ledgerKey, ledgerKeyOf, playerKey, refundedKey } from './keys.ts'
import {
  fingerprintOf,
  recordKeyOf,
  type Answer,
  type CreditRequest,
  type KeptAnswer,
  type LedgerRequest,
  type MatchRequest,
  type Outcome,
  type RefundRequest,
  type RestockRequest,
  type Reward,
} from './requests.ts'

/** Everything that a batch depends on, as bytes. Nothing else is read. */
export interface PlanInput {
  readonly nowMs: number
  readonly requests: readonly LedgerRequest[]
  /** The records that the requests need (see `keysOf`). Null if there is none under a key. */
  readonly records: ReadonlyMap<string, Uint8Array | null>
}

/** What the primary commits, guarded by the revisions that it read. After that it answers with the outcomes. */
export interface Plan {
  readonly outcomes: readonly Outcome[]
  readonly puts: readonly { readonly key: string; readonly value: Uint8Array }[]
  readonly log: readonly LogRecord[]
}

export interface PlanTools {
  /** A UUIDv7 of that time. */
  readonly newId: (wallMs: number) => string
  /** Ed25519, base64url */
  readonly sign: (bytes: Uint8Array) => string
}

/** The part of an entry that does not depend on its place in the ledger. */
type Step = Omit<LedgerEntry, 'user_id' | 'entry' | 'previous' | 'previous_batch' | 'at' | 'balance'>

/** Decides the requests in order. Each one sees what those before it left. */
export function planBatch(input: PlanInput, tools: PlanTools): Plan {
  return new Planner(input, tools).run()
}

class Planner {
  readonly #input: PlanInput
  readonly #tools: PlanTools
  readonly #batchId: string
  readonly #players = new Map<string, PlayerRecord>()
  readonly #goods = new Map<string, Good>()
  readonly #puts = new Map<string, unknown>()
  readonly #lines: string[] = []
  readonly #log: LogRecord[] = []

  constructor(input: PlanInput, tools: PlanTools) {
    this.#input = input
    this.#tools = tools
    this.#batchId = tools.newId(input.nowMs)
  }

  run(): Plan {
    const outcomes = this.#input.requests.map((request) => this.#decide(request))
    const puts = Array.from(this.#puts, ([key, value]) => ({ key, value: toBytes(JSON.stringify(value)) }))
    if (this.#lines.length > 0) puts.push({ key: ledgerKey(this.#batchId), value: toBytes(this.#lines.join('\n')) })
    return { outcomes, puts, log: this.#log }
  }

  #decide(request: LedgerRequest): Outcome {
    try {
      const key = recordKeyOf(request)
      const kept = key === undefined ? undefined : this.#kept(key)
      if (kept) return this.#repeat(request, kept)
      const answer = this.#decideAnew(request)
      if (key !== undefined && answer.kind !== 'refused') {
        const record: KeptAnswer = { fingerprint: fingerprintOf(request), at: this.#input.nowMs, answer }
        this.#puts.set(key, record)
      }
      return answer
    } catch (thrown) {
      // A stored record cannot be read: this request gets INTERNAL, and the rest of the batch goes on.
      if (thrown instanceof Unreadable) return refused(no('INTERNAL', thrown.message))
      throw thrown
    }
  }

  /** The answer to a request whose key was used before. */
  #repeat(request: LedgerRequest, kept: KeptAnswer): Outcome {
    const conflict = conflictOf(kept, fingerprintOf(request))
    if (conflict) return { kind: 'refused', error: conflict.toBody() }
    const answer = kept.answer ?? this.#answerOf010(request, kept.receipt)
    return answer.kind === 'receipt' ? { kind: 'receipt', receipt: { ...answer.receipt, replayed: true } } : answer
  }

  #answerOf010(request: LedgerRequest, receipt: Receipt | undefined): Answer {
    if (receipt) return { kind: 'receipt', receipt }
    if (request.kind !== 'credit') throw new Unreadable('the stored answer of this key cannot be read')
    return { kind: 'player', player: toPlayer(this.#player(request.userId)) }
  }

  #decideAnew(request: LedgerRequest): Outcome {
    switch (request.kind) {
      case 'purchase':
        return this.#purchase(request)
      case 'credit':
        return this.#credit(request)
      case 'refund':
        return this.#refund(request)
      case 'restock':
        return this.#restock(request)
      case 'match':
        return this.#match(request)
    }
  }

  #purchase(request: PurchaseRequest): Outcome {
    const player = this.#player(request.userId)
    const decision = decidePurchase(request, this.#good(request.goodId), player, this.#input.nowMs)
    if (!decision.ok) return refused(decision)
    const { good, total } = decision
    const receipt = this.#receipt(request, good, total, decision.player)
    this.#keep(decision.player, {
      kind: 'purchase',
      idempotency_key: request.idempotencyKey,
      currency: good.currency,
      amount: -total,
      goods: moved(decision.player, good.id, request.count),
      receipt,
    })
    this.#goods.set(goodKey(good.id), good)
    if (good.stock !== null) this.#puts.set(goodKey(good.id), good)
    const { namespace, userId, traceparent } = request
    const event = {
      eventType: EVENT.buyGood,
      namespace,
      userId,
      traceparent: traceparent ?? undefined,
      payload: receipt,
    }
    this.#log.push(eventRecord(userChannel(userId), this.#event(event)))
    return { kind: 'receipt', receipt }
  }

  #credit({ userId, currency, amount, idempotencyKey }: CreditRequest): Outcome {
    const decision = decideCredit(this.#player(userId), currency, amount)
    if (!decision.ok) return refused(decision)
    const step = {
      kind: 'credit',
      idempotency_key: idempotencyKey,
      currency,
      amount,
      goods: null,
      receipt: null,
    } as const
    return { kind: 'player', player: this.#keep(decision.player, step) }
  }

  #refund({ userId, purchaseId, purchase, restock, idempotencyKey }: RefundRequest): Outcome {
    if (!purchase || !this.#input.records.get(ledgerKeyOf(purchaseId) ?? '')) {
      return refused(no('NOT_FOUND', `the player has no purchase "${purchaseId.slice(0, 80)}"`))
    }
    const { purchase_id, good_id, count, total, currency } = purchase
    const refunded = refundedKey(purchase_id)
    if ((this.#puts.get(refunded) ?? this.#read(refunded)) !== undefined) {
      return refused(no('CONFLICT', `purchase ${purchase_id} was refunded before`))
    }
    const decision = decideRefund(this.#player(userId), purchase, restock ? this.#good(good_id) : undefined)
    if (!decision.ok) return refused(decision)
    this.#puts.set(refunded, { user_id: userId, at: this.#input.nowMs })
    if (decision.good) this.#changeGood(decision.good)
    const player = this.#keep(decision.player, {
      kind: 'refund',
      idempotency_key: idempotencyKey,
      currency,
      amount: total,
      goods: moved(decision.player, good_id, -count),
      receipt: { purchase_id },
    })
    return { kind: 'player', player }
  }

  /** The match is over in any case. A reward that cannot be paid does not keep the others from being paid. */
  #match(request: MatchRequest): Outcome {
    this.#log.push(request.end)
    const unpaid = request.rewards.flatMap((reward, i) => {
      const error = this.#reward(request, reward, i)
      return error ? [{ reward: i, error }] : []
    })
    return { kind: 'match', unpaid }
  }

  /** Returns the error if the reward cannot be paid. */
  #reward({ roomId: room, namespace }: MatchRequest, given: Reward, place: number): ErrorBody | undefined {
    const { userId, currency, amount } = given
    const decision = this.#decideReward(given)
    if (!decision.ok) return refusalOf(decision).toBody()
    const player = this.#keep(decision.player, {
      kind: 'reward',
      idempotency_key: null,
      currency,
      amount,
      goods: null,
      receipt: null,
      match: { room, reward: place },
    })
    const payload = { room, currency, amount, balance: amountOf(player.balances, currency) }
    const event = { eventType: SERVER_EVENT.reward, namespace, userId: SERVER_SENDER, traceparent: undefined, payload }
    this.#log.push(eventRecord(userChannel(userId), this.#event(event)))
    return undefined
  }

  #decideReward({ userId, currency, amount }: Reward): ReturnType<typeof decideCredit> {
    try {
      return decideCredit(this.#player(userId), currency, amount)
    } catch (thrown) {
      if (thrown instanceof Unreadable) return no('INTERNAL', thrown.message)
      throw thrown
    }
  }

  #restock({ goodId, count }: RestockRequest): Outcome {
    const decision = decideRestock(this.#good(goodId), goodId, count)
    if (!decision.ok) return refused(decision)
    this.#changeGood(decision.good)
    return { kind: 'good', good: decision.good }
  }

  /** Keeps a good that has more stock than before, and announces it. */
  #changeGood(good: Good): void {
    this.#goods.set(goodKey(good.id), good)
    this.#puts.set(goodKey(good.id), good)
    this.#log.push(goodChangedRecord(good.id))
  }

  /** Keeps the player's new state, and adds the step to the player's ledger. */
  #keep(player: PlayerRecord, step: Step): Player {
    const line = encodeEntry({
      user_id: player.user_id,
      entry: player.ledger.entries + 1,
      previous: player.ledger.hash,
      previous_batch: player.ledger.batch,
      at: this.#input.nowMs,
      balance: amountOf(player.balances, step.currency),
      ...step,
    })
    this.#lines.push(line)
    const ledger = { entries: player.ledger.entries + 1, hash: hashOf(line), batch: this.#batchId }
    const kept = { ...player, ledger }
    this.#players.set(playerKey(player.user_id), kept)
    this.#puts.set(playerKey(player.user_id), kept)
    return toPlayer(kept)
  }

  #receipt(request: PurchaseRequest, good: Good, total: number, player: PlayerRecord): Receipt {
    const signed = {
      // The id tells the place in the ledger.
      purchase_id: `${this.#batchId}.${this.#lines.length}`,
      user_id: request.userId,
      good_id: good.id,
      count: request.count,
      unit_price: good.price,
      total,
      currency: good.currency,
      balance: amountOf(player.balances, good.currency),
      stock_left: good.stock,
      committed_at: this.#input.nowMs,
    }
    return { ...signed, replayed: false, signature: this.#tools.sign(receiptBytes(signed)) }
  }

  #event({
    eventType,
    namespace,
    userId,
    traceparent,
    payload,
  }: Omit<EventFields, 'id' | 'room' | 'timestamp'>): EncodedEvent {
    return encodeEvent({
      id: this.#tools.newId(this.#input.nowMs),
      eventType,
      namespace,
      room: undefined,
      userId,
      timestamp: this.#input.nowMs,
      traceparent,
      payload,
    })
  }

  #player(userId: UserId): PlayerRecord {
    const key = playerKey(userId)
    const known = this.#players.get(key)
    if (known) return known
    const stored = this.#read(key)
    const player = stored === undefined ? newPlayer(userId) : parsePlayerRecord(stored)
    if (!player) throw new Unreadable('the stored player cannot be read')
    this.#players.set(key, player)
    return player
  }

  #good(id: string): Good | undefined {
    const key = goodKey(id)
    const known = this.#goods.get(key)
    if (known) return known
    const stored = this.#read(key)
    if (stored === undefined) return undefined
    const good = readGood(stored)
    this.#goods.set(key, good)
    return good
  }

  #kept(key: string): KeptAnswer | undefined {
    return (this.#puts.get(key) ?? this.#read(key)) as KeptAnswer | undefined
  }

  #read(key: string): unknown {
    const bytes = this.#input.records.get(key)
    if (!bytes) return undefined
    try {
      return JSON.parse(utf8.decode(bytes))
    } catch {
      throw new Unreadable('a stored record cannot be read')
    }
  }
}

class Unreadable extends Error {
  override readonly name = 'Unreadable'
}

const utf8 = new TextDecoder()

function moved({ inventory }: PlayerRecord, good_id: string, count: number): LedgerEntry['goods'] {
  return { good_id, count, owned: amountOf(inventory, good_id) }
}

function readGood(stored: unknown): Good {
  try {
    return parseGood(stored)
  } catch {
    throw new Unreadable('the stored good cannot be read')
  }
}

function refused(no: No): Outcome {
  return { kind: 'refused', error: refusalOf(no).toBody() }
}

function refusalOf({ code, message, details }: No): Refusal {
  return new Refusal(code, message, details)
}

function toBytes(text: string): Uint8Array {
  return Buffer.from(text)
}
