import { DrumbeatError } from '../client/index.ts'

/**
 * Why something was not done. Codes of the console's own, beside those of the protocol and of the client library: NOT_CONNECTED and
 * NO_ANSWER (nothing was done), NO_REPLY (it may have been done), HTTP_502 and the like for an answer of something else than Drumbeat.
 */
export interface Failure {
  readonly code: string
  readonly message: string
  readonly details?: Readonly<Record<string, unknown>>
}

/** What was asked for, or why there is none. */
export type Outcome<Data = unknown> =
  | { readonly success: true; readonly data: Data }
  | { readonly success: false; readonly error: Failure }

const UNCERTAIN: ReadonlySet<string> = new Set(['NO_REPLY', 'OUTCOME_UNKNOWN'])

export function failure(code: string, message: string): { readonly success: false; readonly error: Failure } {
  return { success: false, error: { code, message } }
}

/** What a request of the client library comes to. Never rejects. */
export async function outcomeOf<Data>(asked: Promise<Data>): Promise<Outcome<Data>> {
  try {
    return { success: true, data: await asked }
  } catch (thrown) {
    if (!(thrown instanceof DrumbeatError)) return failure('INTERNAL', String(thrown))
    const { code, message, details } = thrown
    return { success: false, error: { code, message, ...(Object.keys(details).length === 0 ? {} : { details }) } }
  }
}

/** Whether it may have been done, or not: then only the same request with the same key may be sent again. */
export function isUncertain(outcome: Outcome): boolean {
  return !outcome.success && UNCERTAIN.has(outcome.error.code)
}

/** An outcome in one line. */
export function describe(outcome: Outcome, whenDone: string): string {
  if (outcome.success) return whenDone
  const { code, message, details } = outcome.error
  const more = details === undefined ? '' : ` ${JSON.stringify(details)}`
  return `${code}: ${message}${more}.${isUncertain(outcome) ? ' It may have been done or not.' : ''}`
}

/** An amount with its thousands set apart. */
export function amountText(amount: number): string {
  return amount.toLocaleString()
}
