import type { Clock } from '../base/clock.ts'
import { msLeft } from '../base/deadline.ts'
import { within } from '../base/delay.ts'
import { replyWith } from '../link/link.ts'
import { Refusal } from '../protocol/errors.ts'
import { notAnswered, notBegun, storeRefusal } from '../store/store-refusal.ts'

/** A change gets this much more time than a read, because it may still report its own outcome. */
const GRACE_MS = 100

/** Resolves to the result of a read. Throws UNAVAILABLE if the deadline passes first. */
export function readInTime<T>(clock: Clock, read: Promise<T>, untilMs?: number): Promise<T> {
  return inTime(read, msLeft(clock, untilMs), notBegun)
}

/** Resolves to the result of a change. Throws OUTCOME_UNKNOWN if the deadline passes first. */
export function changeInTime<T>(clock: Clock, change: Promise<T>, untilMs?: number): Promise<T> {
  return inTime(change, msLeft(clock, untilMs) + GRACE_MS, notAnswered)
}

const LATE = Symbol('late')

async function inTime<T>(promise: Promise<T>, ms: number, refuse: () => Refusal): Promise<T> {
  const result = await within<T, typeof LATE>(promise, ms, LATE)
  if (result === LATE) throw refuse()
  return result
}

/** Answers a worker with the result of a promise. A failure of the store becomes UNAVAILABLE or OUTCOME_UNKNOWN. */
export function answerWith<Result>(promise: Promise<Result>, reply: (result: Result | Refusal) => void): void {
  replyWith(
    promise.catch((cause: unknown) => (cause instanceof Refusal ? cause : storeRefusal(cause))),
    reply,
  )
}

/** The same, but the answer is what `make` returns. It is called and its result sent in one step, so nothing comes between. */
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
