import type { PlayerRecord } from '../../src/domain/player.ts'
import type { Plan } from '../../src/ledger/plan.ts'
import {
  OutcomeUnknown,
  StoreUnavailable,
  type CommitResult,
  type Store,
  type Transaction,
} from '../../src/store/store.ts'
import { over } from '../helpers/house/store.ts'
import type { Defect } from './simulation.ts'

/** What the checker must find, each by itself. */
export const DEFECTS: readonly Defect[] = [
  { name: 'goods are not guarded', store: (store) => withTransaction(store, withoutGuards('good/')) },
  { name: 'players are not guarded', store: (store) => withTransaction(store, withoutGuards('player/')) },
  { name: 'keys are not guarded', store: (store) => withTransaction(store, withoutGuards('once/')) },
  { name: 'a commit of unknown outcome is sent again, without its guards', store: blindRetries },
  { name: 'the ledger is written in a transaction of its own', store: (store) => inTwoSteps(store, 'ledger/') },
  { name: 'the key is written in a transaction of its own', store: (store) => inTwoSteps(store, 'once/') },
  { name: 'the stock is written in a transaction of its own', store: (store) => inTwoSteps(store, 'good/') },
  { name: 'answered before the commit', store: answeredEarly },
  { name: 'a commit that failed counts as done', store: failureIsSuccess },
  { name: 'an unknown outcome is told as a failure', store: unknownIsFailure },
  { name: 'the key is not kept', plan: (plan) => withPuts(plan, ({ key }) => !key.startsWith('once/')) },
  { name: 'the stock is not taken', plan: (plan) => withPuts(plan, ({ key }) => !key.startsWith('good/')) },
  { name: 'the inventory is not given', plan: (plan) => withPlayers(plan, (player) => ({ ...player, inventory: {} })) },
  { name: 'one too many is taken from the balance', plan: (plan) => withPlayers(plan, charge) },
  { name: 'a replay is another receipt', plan: replayedAnew },
  { name: 'refused though there is stock', store: soldOutTooSoon },
]

function withTransaction(store: Store, change: (transaction: Transaction) => Transaction): Store {
  return { ...over(store), commit: (transaction) => store.commit(change(transaction)) }
}

function withoutGuards(prefix: string): (transaction: Transaction) => Transaction {
  return ({ guards = [], ...rest }) => ({ ...rest, guards: guards.filter(({ key }) => !key.startsWith(prefix)) })
}

function blindRetries(store: Store): Store {
  return {
    ...over(store),
    commit: async (transaction) => {
      for (;;) {
        try {
          return await store.commit(transaction)
        } catch (cause) {
          if (!(cause instanceof OutcomeUnknown)) throw cause
          transaction = { ...transaction, guards: [] }
        }
      }
    },
  }
}

function inTwoSteps(store: Store, prefix: string): Store {
  return {
    ...over(store),
    commit: async ({ puts = [], ...rest }) => {
      const result = await store.commit({ ...rest, puts: puts.filter(({ key }) => !key.startsWith(prefix)) })
      const later = puts.filter(({ key }) => key.startsWith(prefix))
      if (!result.committed || later.length === 0) return result
      const second = await store.commit({ puts: later, durable: true })
      return second.committed ? { ...result, revision: second.revision } : second
    },
  }
}

function answeredEarly(store: Store): Store {
  return {
    ...over(store),
    commit: async (transaction) => {
      void store.commit(transaction).catch(() => {})
      return { committed: true, offset: 1, revision: 1 }
    },
  }
}

function failureIsSuccess(store: Store): Store {
  return afterFailure(store, (cause) => {
    if (cause instanceof StoreUnavailable) return { committed: true, offset: 1, revision: 1 }
    throw cause
  })
}

function unknownIsFailure(store: Store): Store {
  return afterFailure(store, (cause) => {
    throw cause instanceof OutcomeUnknown ? new StoreUnavailable('nothing was done') : cause
  })
}

function afterFailure(store: Store, answer: (cause: unknown) => CommitResult): Store {
  return {
    ...over(store),
    commit: async (transaction) => {
      try {
        return await store.commit(transaction)
      } catch (cause) {
        return answer(cause)
      }
    },
  }
}

function withPuts(plan: Plan, keep: (put: Plan['puts'][number]) => boolean): Plan {
  return { ...plan, puts: plan.puts.filter(keep) }
}

function withPlayers(plan: Plan, change: (player: PlayerRecord) => PlayerRecord): Plan {
  const puts = plan.puts.map((put) => {
    if (!put.key.startsWith('player/')) return put
    const player = change(JSON.parse(Buffer.from(put.value).toString()) as PlayerRecord)
    return { ...put, value: Buffer.from(JSON.stringify(player)) }
  })
  return { ...plan, puts }
}

function charge(player: PlayerRecord): PlayerRecord {
  return { ...player, balances: { gold: Math.max(0, (player.balances['gold'] ?? 0) - 1) } }
}

function replayedAnew(plan: Plan): Plan {
  const outcomes = plan.outcomes.map((outcome) => {
    if (outcome.kind !== 'receipt' || !outcome.receipt.replayed) return outcome
    return { ...outcome, receipt: { ...outcome.receipt, signature: 'another' } }
  })
  return { ...plan, outcomes }
}

/** As a cache would be that is never told of new stock. */
function soldOutTooSoon(store: Store): Store {
  return {
    ...over(store),
    get: async (keys) => {
      const records = await store.get(keys)
      return records.map((record) => {
        if (!record?.key.startsWith('good/')) return record
        const good = JSON.parse(Buffer.from(record.value).toString()) as { stock: number | null }
        const isLow = good.stock !== null && good.stock < 100
        return isLow ? { ...record, value: Buffer.from(JSON.stringify({ ...good, stock: 0 })) } : record
      })
    },
  }
}
