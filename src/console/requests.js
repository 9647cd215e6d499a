import { toJson } from './envelope.js'
import { failure, Replies } from './replies.js'

/** @typedef {import('./replies.js').Outcome} Outcome */

const REPLY_TIMEOUT_MS = 15_000

/** Requests by their event type, or as raw text, over whatever socket there is. */
export class Requests {
  #replies
  #transmit
  #onDone
  #nextId = 1

  /**
   * @param {object} wiring
   * @param {(text: string) => Outcome | null} wiring.transmit null: sent
   * @param {(eventType: unknown, payload: Record<string, any>, data: Record<string, any>) => void} wiring.onDone hears
   *   of each request that succeeded
   * @param {(exchange: import('./replies.js').Exchange) => void} wiring.onExchange
   */
  constructor({ transmit, onDone, onExchange }) {
    this.#replies = new Replies(onExchange)
    this.#transmit = transmit
    this.#onDone = onDone
  }

  /**
   * @param {string} eventType
   * @param {Record<string, unknown>} payload
   * @param {{ room?: string | undefined, timeoutMs?: number, isQuiet?: boolean }} [options] room: absent means the
   *   whole namespace
   * @returns {Promise<Outcome>} never rejects
   */
  async send(eventType, payload, { room, timeoutMs = REPLY_TIMEOUT_MS, isQuiet = false } = {}) {
    const id = `c${this.#nextId++}`
    let text
    try {
      // JSON leaves out what is undefined.
      text = toJson({ id, eventType, room, payload })
    } catch (error) {
      return failure('BAD_REQUEST', String(error))
    }
    const outcome = this.#transmit(text) ?? (await this.#replies.track(id, text, { timeoutMs, isQuiet }))
    if (outcome.success) this.#onDone(eventType, payload, outcome.data)
    return outcome
  }

  /**
   * Sends a text as it is, right or wrong.
   * @param {string} text
   * @param {{ id?: unknown, eventType?: unknown, payload?: any } | null} envelope what it parses to, where it does
   * @returns {Promise<Outcome | null>} null: sent, and no reply is due
   */
  async sendRaw(text, envelope) {
    const unsent = this.#transmit(text)
    if (unsent !== null) return unsent
    if (typeof envelope?.id !== 'string') {
      this.#replies.noteUnanswerable(text)
      return null
    }
    const outcome = await this.#replies.track(envelope.id, text, { timeoutMs: REPLY_TIMEOUT_MS, isQuiet: false })
    if (outcome.success) this.#onDone(envelope.eventType, envelope.payload, outcome.data)
    return outcome
  }

  /** @param {Record<string, unknown>} frame */
  takeReply(frame) {
    this.#replies.take(frame)
  }

  /** No reply can come any more. */
  loseAll() {
    this.#replies.loseAll('the connection ended before the reply')
  }
}
