import { Refusal } from '../protocol/errors.ts'
import { OutcomeUnknown, StoreUnavailable } from './store.ts'

/** Whether the store has failed, and not the code that calls it. */
export function isStoreFault(cause: unknown): cause is StoreUnavailable | OutcomeUnknown {
  return cause instanceof StoreUnavailable || cause instanceof OutcomeUnknown
}

/** The refusal that a client gets if the store fails. Any other error is a defect, and is thrown on. */
export function storeRefusal(cause: unknown): Refusal {
  if (cause instanceof StoreUnavailable) {
    return new Refusal('UNAVAILABLE', 'the store takes no writes now; nothing was done')
  }
  if (cause instanceof OutcomeUnknown) return notAnswered()
  throw cause
}

/** For a request whose deadline passed before the store was asked. */
export function notBegun(): Refusal {
  return new Refusal('UNAVAILABLE', 'the store did not get to it in time; nothing was done')
}

/** For a request whose deadline passed while the store was asked. */
export function notAnswered(): Refusal {
  return new Refusal('OUTCOME_UNKNOWN', 'the store did not say whether it was done')
}
