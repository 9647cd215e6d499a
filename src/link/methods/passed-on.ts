import type { Method } from './method.ts'

/**
 * What a worker tells the workers, mostly for an operator who has asked it over HTTP: the primary passes it on as it is, and knows nothing of it. The
 * worker that has said it is answered when it was passed on. A worker that starts later does not hear of it.
 */
export type PassedOnMethods = {
  /** How many HTTP requests the worker has accepted since its last such message, by address. */
  httpTaken: Method<{ readonly taken: readonly (readonly [addressKey: string, count: number])[] }, null>
}

/** To whom: to all workers, or to all but the one that says it. */
export const PASSED_ON: { readonly [Name in keyof PassedOnMethods]: 'all' | 'others' } = {
  httpTaken: 'others',
}
