import { replyWith } from '../link/link.ts'
import { Refusal } from '../protocol/errors.ts'
import { storeRefusal } from '../store/store-refusal.ts'

/** Answers a worker with what a promise gives; a store that fails becomes UNAVAILABLE or OUTCOME_UNKNOWN. */
export function answerWith<Result>(promise: Promise<Result>, reply: (result: Result | Refusal) => void): void {
  replyWith(
    promise.catch((cause: unknown) => (cause instanceof Refusal ? cause : storeRefusal(cause))),
    reply,
  )
}

/** The same with what `make` gives at the moment of the answer: nothing comes in between. */
export function answerAfter<Value, Result>(
  promise: Promise<Value>,
  reply: (result: Result | Refusal) => void,
  make: (value: Value) => Result,
): void {
  answerWith(
    promise.then((value) => reply(make(value))),
    (result) => result instanceof Refusal && reply(result),
  )
}
