export function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

/**
 * Resolves to what the promise gives, or to `late` if it has not settled after `ms`. Rejects as the promise does. Leaves no timer
 * behind.
 */
export function within<T, Late>(promise: Promise<T>, ms: number, late: Late): Promise<T | Late> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => resolve(late), ms)
    promise.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}

/** Resolves when everything that is readable now has been read. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
