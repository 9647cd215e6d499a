import type { Clock } from '../base/clock.ts'
import { msLeft } from '../base/deadline.ts'
import { within } from '../base/delay.ts'
import { replyWith } from '../link/link.ts'
import { Refusal } from '../protocol/errors.ts'
import { notAnswered, notBegun, storeRefusal } from '../store/store-refusal.ts'

/** A change may say by itself what became of it, so it is given this much more. */
const GRACE_MS = 100

/** What a read gives, or UNAVAILABLE at the deadline. */
export function readInTime<T>(clock: Clock, read: Promise<T>, untilMs?: number): Promise<T> {
  return inTime(read, msLeft(clock, untilMs), notBegun)
}

/** What a change gives, or OUTCOME_UNKNOWN at the deadline. */
export function changeInTime<T>(clock: Clock, change: Promise<T>, untilMs?: number): Promise<T> {
  return inTime(change, msLeft(clock, untilMs) + GRACE_MS, notAnswered)
}

const LATE = Symbol('late')

async function inTime<T>(promise: Promise<T>, ms: number, refuse: () => Refusal): Promise<T> {
  const result = await within<T, typeof LATE>(promise, ms, LATE)
  if (result === LATE) throw refuse()
  return result
}

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
