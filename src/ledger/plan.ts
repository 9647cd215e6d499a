import { encodeEventBody } from '../protocol/event-body.ts'
import { Refusal, type ErrorBody } from '../protocol/errors.ts'
import { EVENT, receiptBytes, type Receipt } from '../protocol/events.ts'
import { userChannel, type Channel, type UserId } from '../protocol/ids.ts'
import { parseGood, type Good } from '../domain/good.ts'
import { newPlayer, parsePlayerRecord, toPlayer, type Player, type PlayerRecord } from '../domain/player.ts'
import { decideCredit, decidePurchase, no, type No, type PurchaseRequest } from '../domain/purchase.ts'
import { creditOnceKey, goodKey, playerKey, purchaseKey, purchaseOnceKey } from './keys.ts'

type PurchaseTask = PurchaseRequest & { readonly kind: 'purchase' }

export interface CreditRequest {
  readonly kind: 'credit'
  readonly userId: UserId
  readonly currency: string
  readonly amount: number
  readonly idempotencyKey: string
}

export type LedgerRequest = PurchaseTask | CreditRequest

/** Everything a batch depends on, as bytes: nothing else is looked at. */
export interface PlanInput {
  readonly nowMs: number
  readonly requests: readonly LedgerRequest[]
  /** The records that the requests name (see `keysOf`); null: there is none. */
  readonly records: ReadonlyMap<string, Uint8Array | null>
}

export type Outcome =
  | { readonly kind: 'receipt'; readonly receipt: Receipt }
  | { readonly kind: 'player'; readonly player: Player }
  | { readonly kind: 'refused'; readonly error: ErrorBody }

/** What the primary commits, guarded by the revisions it read, and then answers. */
export interface Plan {
  readonly outcomes: readonly Outcome[]
  readonly puts: readonly { readonly key: string; readonly value: Uint8Array }[]
  readonly log: readonly { readonly channel: Channel; readonly body: Uint8Array }[]
}

export interface PlanTools {
  readonly newId: () => string
  /** Ed25519, base64url */
  readonly sign: (bytes: Uint8Array) => string
}

/** What stands under an idempotency key: what was asked, and the receipt of a purchase. */
interface Once {
  readonly fingerprint: string
  readonly receipt?: Receipt
}

/** The records a request reads. */
export function keysOf(request: LedgerRequest): readonly string[] {
  const { userId, idempotencyKey } = request
  if (request.kind === 'credit') return [playerKey(userId), creditOnceKey(userId, request.idempotencyKey)]
  const keys = [playerKey(userId), goodKey(request.goodId)]
  return idempotencyKey === null ? keys : [...keys, purchaseOnceKey(userId, idempotencyKey)]
}

/** Decides the requests in their order, each on what the ones before it left. */
export function planBatch(input: PlanInput, tools: PlanTools): Plan {
  return new Planner(input, tools).run()
}

class Planner {
  readonly #input: PlanInput
  readonly #tools: PlanTools
  readonly #players = new Map<string, PlayerRecord>()
  readonly #goods = new Map<string, Good>()
  readonly #puts = new Map<string, unknown>()
  readonly #log: { channel: Channel; body: Uint8Array }[] = []

  constructor(input: PlanInput, tools: PlanTools) {
    this.#input = input
    this.#tools = tools
  }

  run(): Plan {
    const outcomes = this.#input.requests.map((request) => this.#decide(request))
    const puts = Array.from(this.#puts, ([key, value]) => ({ key, value: toBytes(value) }))
    return { outcomes, puts, log: this.#log }
  }

  #decide(request: LedgerRequest): Outcome {
    try {
      return request.kind === 'purchase' ? this.#purchase(request) : this.#credit(request)
    } catch (thrown) {
      // A record that does not parse: this request gets INTERNAL, the others of the batch go on.
      if (thrown instanceof Unreadable) return refused(no('INTERNAL', thrown.message))
      throw thrown
    }
  }

  #purchase(request: PurchaseRequest): Outcome {
    const fingerprint = JSON.stringify([request.goodId, request.count, request.expectedPrice])
    const onceKey = request.idempotencyKey === null ? null : purchaseOnceKey(request.userId, request.idempotencyKey)
    const once = onceKey === null ? undefined : this.#once(onceKey)
    if (once && once.fingerprint !== fingerprint) return refused(CONFLICT)
    if (once?.receipt) return { kind: 'receipt', receipt: { ...once.receipt, replayed: true } }
    const player = this.#player(request.userId)
    const decision = decidePurchase(request, this.#good(request.goodId), player, this.#input.nowMs)
    if (!decision.ok) return refused(decision)
    const receipt = this.#receipt(request, decision.good, decision.total, decision.player)
    this.#players.set(playerKey(request.userId), decision.player)
    this.#goods.set(goodKey(request.goodId), decision.good)
    this.#puts.set(playerKey(request.userId), decision.player)
    if (decision.good.stock !== null) this.#puts.set(goodKey(request.goodId), decision.good)
    this.#puts.set(purchaseKey(request.userId, receipt.purchase_id), receipt)
    if (onceKey !== null) this.#puts.set(onceKey, { fingerprint, receipt } satisfies Once)
    this.#log.push({ channel: userChannel(request.userId), body: this.#event(request, receipt) })
    return { kind: 'receipt', receipt }
  }

  #credit(request: CreditRequest): Outcome {
    const fingerprint = JSON.stringify([request.currency, request.amount])
    const onceKey = creditOnceKey(request.userId, request.idempotencyKey)
    const once = this.#once(onceKey)
    const player = this.#player(request.userId)
    if (once && once.fingerprint !== fingerprint) return refused(CONFLICT)
    if (once) return { kind: 'player', player: toPlayer(player) }
    const decision = decideCredit(player, request.currency, request.amount)
    if (!decision.ok) return refused(decision)
    this.#players.set(playerKey(request.userId), decision.player)
    this.#puts.set(playerKey(request.userId), decision.player)
    this.#puts.set(onceKey, { fingerprint } satisfies Once)
    return { kind: 'player', player: toPlayer(decision.player) }
  }

  #receipt(request: PurchaseRequest, good: Good, total: number, player: PlayerRecord): Receipt {
    const signed = {
      purchase_id: this.#tools.newId(),
      user_id: request.userId,
      good_id: good.id,
      count: request.count,
      unit_price: good.price,
      total,
      currency: good.currency,
      balance: player.balances[good.currency] ?? 0,
      stock_left: good.stock,
      committed_at: this.#input.nowMs,
    }
    return { ...signed, replayed: false, signature: this.#tools.sign(receiptBytes(signed)) }
  }

  #event(request: PurchaseRequest, receipt: Receipt): Uint8Array {
    return encodeEventBody({
      id: this.#tools.newId(),
      eventType: EVENT.buyGood,
      namespace: request.namespace,
      room: undefined,
      userId: request.userId,
      timestamp: this.#input.nowMs,
      traceparent: request.traceparent ?? undefined,
      payload: receipt,
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

  #once(key: string): Once | undefined {
    return (this.#puts.get(key) ?? this.#read(key)) as Once | undefined
  }

  #read(key: string): unknown {
    const bytes = this.#input.records.get(key)
    if (!bytes) return undefined
    try {
      return JSON.parse(new TextDecoder().decode(bytes))
    } catch {
      throw new Unreadable('a stored record cannot be read')
    }
  }
}

class Unreadable extends Error {
  override readonly name = 'Unreadable'
}

const CONFLICT = no('IDEMPOTENCY_CONFLICT', 'this key was used for another request')

function readGood(stored: unknown): Good {
  try {
    return parseGood(stored)
  } catch {
    throw new Unreadable('the stored good cannot be read')
  }
}

function refused({ code, message, details }: No): Outcome {
  return { kind: 'refused', error: new Refusal(code, message, details).toBody() }
}

function toBytes(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value))
}
