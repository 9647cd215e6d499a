import { Refusal } from '../protocol/errors.ts'
import { OutcomeUnknown, StoreUnavailable } from './store.ts'

/** Whether the store has failed, and not the code that asks it. */
export function isStoreFault(cause: unknown): cause is StoreUnavailable | OutcomeUnknown {
  return cause instanceof StoreUnavailable || cause instanceof OutcomeUnknown
}

/** What a client is told when the store fails. Anything else is a defect and is thrown on. */
export function storeRefusal(cause: unknown): Refusal {
  if (cause instanceof StoreUnavailable) {
    return new Refusal('UNAVAILABLE', 'the store takes no writes now; nothing was done')
  }
  if (cause instanceof OutcomeUnknown) return notAnswered()
  throw cause
}

/** The deadline of a request is over, and the store was not asked. */
export function notBegun(): Refusal {
  return new Refusal('UNAVAILABLE', 'the store did not come to it in time; nothing was done')
}

/** The same where it was asked. */
export function notAnswered(): Refusal {
  return new Refusal('OUTCOME_UNKNOWN', 'the store did not say whether it was done')
}
