import { Refusal } from '../protocol/errors.ts'
import { OutcomeUnknown, StoreUnavailable } from './store.ts'

/** What a client is told when the store fails. Anything else is a defect and is thrown on. */
export function storeRefusal(cause: unknown): Refusal {
  if (cause instanceof StoreUnavailable) {
    return new Refusal('UNAVAILABLE', 'the store takes no writes now; nothing was done')
  }
  if (cause instanceof OutcomeUnknown) {
    return new Refusal('OUTCOME_UNKNOWN', 'the store did not say whether it was done')
  }
  throw cause
}
