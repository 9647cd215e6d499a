import { generateKeyPairSync, createPublicKey, sign } from 'node:crypto'
import { setImmediate as turn } from 'node:timers/promises'
import { systemClock } from '../../src/base/clock.ts'
import { systemRandom } from '../../src/base/random.ts'
import { goodKey } from '../../src/ledger/keys.ts'
import { Ledger } from '../../src/ledger/ledger.ts'
import { planBatch, type Plan } from '../../src/ledger/plan.ts'
import type { LedgerRequest, Outcome } from '../../src/ledger/requests.ts'
import { Refusal } from '../../src/protocol/errors.ts'
import type { Namespace, UserId } from '../../src/protocol/ids.ts'
import { encodeRecord } from '../../src/store/json-records.ts'
import { createMemoryStore } from '../../src/store/memory/memory-store.ts'
import { OutcomeUnknown, StoreUnavailable, type Store } from '../../src/store/store.ts'
import { over } from '../helpers/house/store.ts'
import { NO_LOG } from '../helpers/no-log.ts'
import { PurchaseChecker, type Attempt, type Shop } from './purchase-checker.ts'
import { seeded } from '../../bench/ledger/workload.ts'

/** A mistake that somebody could have made. */
export interface Defect {
  readonly name: string
  readonly store?: (store: Store) => Store
  readonly plan?: (plan: Plan) => Plan
}

export interface Simulated {
  readonly wrong: readonly string[]
  readonly bought: number
  readonly refused: number
  readonly faults: number
}

const SHOP: Shop = { funds: 700, price: 7, stock: { hot: 400, rare: 30, 'common-1': null, 'common-2': null } }
const GOODS = ['hot', 'hot', 'hot', 'rare', 'common-1', 'common-2']
const NODES = 3
const SHOPPERS = 24
const EACH = 40
const signingKey = generateKeyPairSync('ed25519').privateKey

/**
 * Players who buy at several nodes at once, over one store that fails now and then in every way a store may: the real ledger and
 * the real planner, without processes in between. Gives what the checker finds.
 */
export async function simulate(seed: number, defect?: Defect): Promise<Simulated> {
  const fraction = seeded(seed)
  const truth = createMemoryStore({ clock: systemClock, epoch: 'e1' })
  await stockUp(truth)
  let faults = 0
  const ledgers = Array.from({ length: NODES }, () => {
    const faulty = withFaults(truth, fraction, () => faults++)
    return createLedger(defect?.store ? defect.store(faulty) : faulty, defect)
  })
  const attempts: Attempt[] = []
  const shopper = async (i: number): Promise<void> => {
    for (let n = 0; n < EACH; n++) {
      const order = {
        user: `shopper-${i}`,
        good: GOODS[Math.floor(fraction() * GOODS.length)] ?? 'hot',
        count: 1 + Math.floor(fraction() * 3),
        key: `key-${i}-${n}`.padEnd(16, '-'),
      }
      for (let isSettled = false; !isSettled;) {
        // The impatient ask at two nodes at once.
        const asked = ledgers.slice(Math.floor(fraction() * NODES)).slice(0, fraction() < 0.2 ? 2 : 1)
        const answers = await Promise.all(asked.map((ledger) => tryToBuy(ledger, order)))
        attempts.push(...answers)
        isSettled = answers.some(({ outcome }) => outcome === 'ok' || outcome === 'refused')
        // Some ask again though they have their answer.
        if (isSettled && fraction() < 0.1) attempts.push(await tryToBuy(ledgers[0] as Ledger, order))
      }
    }
  }
  await Promise.all(Array.from({ length: SHOPPERS }, (_, i) => shopper(i)))
  const checker = new PurchaseChecker(SHOP, [createPublicKey(signingKey)], 16)
  for (const { key, value, revision } of await truth.list('', { limit: Infinity }))
    checker.addRecord(key, value, revision)
  const count = (outcome: Attempt['outcome']) => attempts.filter((attempt) => attempt.outcome === outcome).length
  return { wrong: checker.check(attempts), bought: count('ok'), refused: count('refused'), faults }
}

/** The goods, and to each player their funds, by the ledger as it should be. */
async function stockUp(store: Store): Promise<void> {
  const goods = Object.entries(SHOP.stock).map(([id, stock]) => {
    const free = { per_user_limit: null, sale_from: null, sale_until: null }
    const good = { id, name: id, price: SHOP.price, currency: 'gold', stock, ...free }
    return { key: goodKey(id), value: encodeRecord(good) }
  })
  await store.commit({ puts: goods, durable: true })
  const ledger = createLedger(store, undefined)
  const credited = Array.from({ length: SHOPPERS }, (_, i) => {
    const credit = { userId: `shopper-${i}` as UserId, currency: 'gold', amount: SHOP.funds }
    return ask(ledger, { kind: 'credit', ...credit, idempotencyKey: `funds-of-shopper-${i}` })
  })
  await Promise.all(credited)
}

function ask(ledger: Ledger, request: LedgerRequest): Promise<Outcome | Refusal> {
  return new Promise((resolve) => ledger.submit(request, resolve))
}

function createLedger(store: Store, defect: Defect | undefined): Ledger {
  const tools = {
    newId: systemRandom.uuid,
    sign: (bytes: Uint8Array) => sign(null, bytes, signingKey).toString('base64url'),
  }
  const plan = defect?.plan ?? ((planned: Plan) => planned)
  return new Ledger({
    store,
    pool: {
      plan: async (input) => {
        await turn()
        return plan(planBatch(input, tools))
      },
      close: () => Promise.resolve(),
    },
    clock: systemClock,
    random: { ...systemRandom, fraction: () => systemRandom.fraction() / 20 },
    log: NO_LOG,
    newestMs: 0,
    queueMax: 1_000,
    onBatch: () => {},
    onRetry: () => {},
  })
}

/** Small transactions, so that there are many; each takes some turns, and one in ten goes wrong. */
function withFaults(truth: Store, fraction: () => number, onFault: () => void): Store {
  const some = async () => {
    for (let i = fraction() * 4; i > 0; i--) await turn()
  }
  return {
    ...over(truth),
    limits: { operationsMax: 24, bytesMax: 1 << 20 },
    get: async (keys) => {
      await some()
      const found = await truth.get(keys)
      await some()
      return found
    },
    commit: async (transaction) => {
      await some()
      const chance = fraction()
      if (chance < 0.1) onFault()
      if (chance < 0.04) throw new StoreUnavailable('it was not sent')
      if (chance < 0.07) throw new OutcomeUnknown('it was lost on its way there')
      const result = await truth.commit(transaction)
      await some()
      if (chance < 0.1) throw new OutcomeUnknown('the answer was lost')
      return result
    },
  }
}

async function tryToBuy(
  ledger: Ledger,
  { user, good, count, key }: Pick<Attempt, 'user' | 'good' | 'count' | 'key'>,
): Promise<Attempt> {
  const invokedMs = performance.now()
  const who = { userId: user as UserId, namespace: 'private' as Namespace }
  const order = { goodId: good, count, idempotencyKey: key, expectedPrice: null, traceparent: null }
  const outcome = await ask(ledger, { kind: 'purchase', ...who, ...order })
  const about = { user, good, count, key, invokedMs, returnedMs: performance.now() }
  if (outcome instanceof Refusal) {
    const isUnknown = outcome.code === 'OUTCOME_UNKNOWN'
    return { ...about, outcome: isUnknown ? 'unknown' : 'failed', code: outcome.code, receipt: undefined }
  }
  if (outcome.kind === 'receipt') return { ...about, outcome: 'ok', code: '', receipt: outcome.receipt }
  const code = outcome.kind === 'refused' ? outcome.error.code : 'a player'
  return { ...about, outcome: 'refused', code, receipt: undefined }
}
