import { OutcomeUnknown, StoreUnavailable, type Store } from '../../../src/store/store.ts'
import type { Chance } from './chance.ts'

/** How often each fault happens, as a share of all transactions. The shares may be changed while the store is in use. */
export interface StoreFaults {
  /** It was not sent, so nothing was done. */
  refused: number
  /** It was lost on its way. Nothing was done, but nobody knows that. */
  lost: number
  /** It was done, but the answer was lost. */
  unanswered: number
  /** The longest time that it takes. */
  delayMs: number
}

export const NO_FAULTS: Readonly<StoreFaults> = { refused: 0, lost: 0, unanswered: 0, delayMs: 0 }

/** Puts these faults in front of the store. Commits keep their order, as with every adapter. */
export function withFaults(truth: Store, faults: StoreFaults, chance: Chance, onFault: () => void): Store {
  const wait = () => new Promise<void>((resolve) => setTimeout(resolve, chance.fraction() * faults.delayMs))
  return {
    ...over(truth),
    get: async (keys) => {
      const found = await truth.get(keys)
      if (faults.delayMs > 0) await wait()
      return found
    },
    commit: async (transaction) => {
      if (faults.delayMs > 0) await wait()
      const roll = chance.fraction()
      const { refused, lost, unanswered } = faults
      if (roll < refused + lost + unanswered) onFault()
      if (roll < refused) throw new StoreUnavailable('a simulated fault: it was not sent')
      if (roll < refused + lost) throw new OutcomeUnknown('a simulated fault: it was lost')
      const result = await truth.commit(transaction)
      if (roll < refused + lost + unanswered) throw new OutcomeUnknown('a simulated fault: the answer was lost')
      if (faults.delayMs > 0) await wait()
      return result
    },
  }
}

/** A copy of the store in which a test can replace methods. */
export function over(store: Store): Store {
  return {
    epoch: store.epoch,
    limits: store.limits,
    get: (keys) => store.get(keys),
    list: (prefix, page) => store.list(prefix, page),
    commit: (transaction) => store.commit(transaction),
    follow: (follower) => store.follow(follower),
    history: (range, onBatch) => store.history(range, onBatch),
    close: () => store.close(),
  }
}
