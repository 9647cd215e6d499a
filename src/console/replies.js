import { monotonicMs } from './clock.js'

/**
 * What a request came to. Codes of this console's own: NO_REPLY, CONNECTION_LOST (in both cases the server may have done
 * it), NOT_CONNECTED, TOO_LARGE (nothing was sent).
 * @typedef {{ code: string, message: string, details?: Record<string, unknown> }} Failure
 * @typedef {{ success: true, data: Record<string, any> } | { success: false, error: Failure }} Outcome
 *
 * A text sent and what came back: `reply` as it arrived, or a note where none did.
 * @typedef {{ sent: string | null, reply: object | null, note: string, isOk: boolean | null, elapsedMs: number | null }} Exchange
 *
 * @typedef {{ id: string, exchange: Exchange, sentAt: number, timer: number, isQuiet: boolean,
 *   resolve: (outcome: Outcome) => void }} Waiting
 */

const UNCERTAIN = new Set(['NO_REPLY', 'CONNECTION_LOST', 'OUTCOME_UNKNOWN'])

/**
 * Whether the request may have been done, or not: only the same one with the same key may be sent again.
 * @param {Outcome} outcome
 */
export function isUncertain(outcome) {
  return !outcome.success && UNCERTAIN.has(outcome.error.code)
}

/**
 * @param {string} code
 * @param {string} message
 * @returns {Outcome}
 */
export function failure(code, message) {
  return { success: false, error: { code, message } }
}

/** The requests under way. Every one of them gets an outcome: a reply, a timeout, or the end of the connection. */
export class Replies {
  /** @type {Waiting[]} */
  #waiting = []
  #onChange

  /** @param {(exchange: Exchange) => void} onChange hears of each exchange when it begins and when it ends */
  constructor(onChange) {
    this.#onChange = onChange
  }

  /**
   * @param {string} id
   * @param {string} sent
   * @param {{ timeoutMs: number, isQuiet: boolean }} options quiet: shown to nobody
   * @returns {Promise<Outcome>} never rejects
   */
  track(id, sent, { timeoutMs, isQuiet }) {
    const { promise, resolve } = /** @type {PromiseWithResolvers<Outcome>} */ (Promise.withResolvers())
    const exchange = { sent, reply: null, note: 'waiting for the reply', isOk: null, elapsedMs: null }
    const timer = setTimeout(() => this.#giveUp(waiting, failure('NO_REPLY', `no reply in ${timeoutMs} ms`)), timeoutMs)
    const waiting = { id, exchange, sentAt: monotonicMs(), timer, isQuiet, resolve }
    this.#waiting.push(waiting)
    if (!isQuiet) this.#onChange(exchange)
    return promise
  }

  /**
   * @param {string} sent a text without an id: only a refusal is answered, and without saying to what
   */
  noteUnanswerable(sent) {
    const note = 'no id, so no reply unless it is refused'
    this.#onChange({ sent, reply: null, note, isOk: null, elapsedMs: null })
  }

  /** @param {{ replyTo?: unknown, success?: unknown, data?: any, error?: any }} reply */
  take(reply) {
    const index = this.#waiting.findIndex(({ id }) => id === reply.replyTo)
    const [waiting] = index < 0 ? [] : this.#waiting.splice(index, 1)
    const isOk = reply.success === true
    if (waiting === undefined) {
      this.#onChange({ sent: null, reply, note: 'a reply to no known request', isOk, elapsedMs: null })
      return
    }
    clearTimeout(waiting.timer)
    Object.assign(waiting.exchange, { reply, note: '', isOk, elapsedMs: monotonicMs() - waiting.sentAt })
    if (!waiting.isQuiet) this.#onChange(waiting.exchange)
    waiting.resolve(isOk ? { success: true, data: reply.data ?? {} } : { success: false, error: reply.error })
  }

  /** @param {string} message why no reply can come any more */
  loseAll(message) {
    for (const waiting of this.#waiting) this.#giveUp(waiting, failure('CONNECTION_LOST', message))
  }

  /**
   * @param {Waiting} waiting
   * @param {Outcome} outcome
   */
  #giveUp(waiting, outcome) {
    clearTimeout(waiting.timer)
    this.#waiting = this.#waiting.filter((other) => other !== waiting)
    const note = outcome.success ? '' : `${outcome.error.code}: ${outcome.error.message}`
    Object.assign(waiting.exchange, { note, isOk: false })
    if (!waiting.isQuiet) this.#onChange(waiting.exchange)
    waiting.resolve(outcome)
  }
}
