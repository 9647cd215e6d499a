import { DrumbeatError } from '../client/index.ts'

/**
 * Why something was not done. Besides the codes of the protocol and of the client library, the console has its own: NOT_CONNECTED and
 * NO_ANSWER (nothing was done), NO_REPLY (it may have been done), and codes such as HTTP_502 for answers that are not Drumbeat's.
 */
export interface Failure {
  readonly code: string
  readonly message: string
  readonly details?: Readonly<Record<string, unknown>>
}

/** The result of a request, or why there is none. */
export type Outcome<Data = unknown> =
  | { readonly success: true; readonly data: Data }
  | { readonly success: false; readonly error: Failure }

const UNCERTAIN: ReadonlySet<string> = new Set(['NO_REPLY', 'OUTCOME_UNKNOWN'])

export function failure(code: string, message: string): { readonly success: false; readonly error: Failure } {
  return { success: false, error: { code, message } }
}

/** Resolves to the outcome of a request of the client library. Never rejects. */
export async function outcomeOf<Data>(asked: Promise<Data>): Promise<Outcome<Data>> {
  try {
    return { success: true, data: await asked }
  } catch (thrown) {
    if (!(thrown instanceof DrumbeatError)) return failure('INTERNAL', String(thrown))
    const { code, message, details } = thrown
    return { success: false, error: { code, message, ...(Object.keys(details).length === 0 ? {} : { details }) } }
  }
}

/** Whether it is unknown if the request was done. It may then be sent again only with the same key. */
export function isUncertain(outcome: Outcome): boolean {
  return !outcome.success && UNCERTAIN.has(outcome.error.code)
}

/** Describes an outcome in one line. */
export function describe(outcome: Outcome, whenDone: string): string {
  if (outcome.success) return whenDone
  const { code, message, details } = outcome.error
  const more = details === undefined ? '' : ` ${JSON.stringify(details)}`
  return `${code}: ${message}${more}.${isUncertain(outcome) ? ' It may have been done or not.' : ''}`
}

/** Formats an amount with separators between thousands. */
export function amountText(amount: number): string {
  return amount.toLocaleString()
}
