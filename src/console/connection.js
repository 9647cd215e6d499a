import { monotonicMs } from './clock.js'
import { backoffMs, describeClose, GAP, mayReconnect, NO_PONG, retryAfterMs, TOKEN_EXPIRED } from './closing.js'
import { explainRefusal, openSocket } from './handshake.js'
import { Heartbeat, PING_TIMEOUT_MS } from './heartbeat.js'
import { failure } from './replies.js'
import { Requests } from './requests.js'
import { Session } from './session.js'

/**
 * @typedef {import('./handshake.js').Target} Target
 * @typedef {import('./replies.js').Outcome} Outcome
 * @typedef {import('./session.js').Frame} Frame
 * @typedef {'idle' | 'connecting' | 'connected' | 'resumed' | 'waiting' | 'closed'} State
 * @typedef {{
 *   onStatus: (state: State, text: string) => void,
 *   onEvent: (event: Frame, isRepeated: boolean) => void,
 *   onSession: (payload: Record<string, any>) => void,
 *   onRooms: (rooms: readonly string[]) => void,
 *   onUnrecovered: (rooms: readonly string[]) => void,
 *   onRoundTrip: (ms: number) => void,
 *   onExchange: (exchange: import('./replies.js').Exchange) => void,
 * }} Listeners
 */

/** A connection that ends sooner than this counts as one more failed attempt. */
const STABLE_MS = 5_000

/** One session with the server over as many sockets as it takes: connects, comes back, resumes. */
export class Connection {
  #listeners
  #session = new Session()
  #socket = /** @type {WebSocket | null} */ (null)
  #target = /** @type {Target | null} */ (null)
  #isReady = false
  #readyAt = 0
  #attempt = 0
  #needsFreshToken = false
  #retryTimer = 0
  #heartbeat

  /** @param {Listeners} listeners */
  constructor(listeners) {
    this.#listeners = listeners
    this.requests = new Requests({
      transmit: (text) => this.#transmit(text),
      onDone: (eventType, payload, data) => this.#noteDone(eventType, payload, data),
      onExchange: listeners.onExchange,
    })
    this.#heartbeat = new Heartbeat(
      () => this.requests.send('core.game.session.ping', {}, { timeoutMs: PING_TIMEOUT_MS, isQuiet: true }),
      { onRoundTrip: listeners.onRoundTrip, onSilence: () => this.#abandon(NO_PONG) },
    )
    window.addEventListener('online', () => this.#retryTimer !== 0 && this.#open())
  }

  get offset() {
    return this.#session.offset
  }

  /**
   * Starts anew, or goes on with the session whose token had expired.
   * @param {string} token empty for a guest
   */
  connect(token) {
    this.#release(1000)
    if (!this.#needsFreshToken || token === '') this.#forget()
    this.#needsFreshToken = false
    this.#attempt = 0
    this.#target = { path: token === '' ? 'public' : 'private', token }
    this.#open()
  }

  disconnect() {
    this.#release(1000)
    this.#forget()
    this.#target = null
    this.#listeners.onStatus('closed', 'Disconnected. The session is over.')
  }

  /**
   * @param {string} text
   * @returns {Outcome | null} null: sent
   */
  #transmit(text) {
    if (this.#socket === null || !this.#isReady) return failure('NOT_CONNECTED', 'nothing was sent')
    const bytes = new TextEncoder().encode(text).length
    const bytesMax = this.#session.payloadBytesMax
    if (bytes > bytesMax) return failure('TOO_LARGE', `${bytes} bytes, the server takes ${bytesMax}; nothing was sent`)
    this.#socket.send(text)
    return null
  }

  /**
   * @param {unknown} eventType
   * @param {Record<string, any>} payload
   * @param {Record<string, any>} data
   */
  #noteDone(eventType, payload, data) {
    if (this.#session.noteDone(eventType, payload, data)) this.#listeners.onRooms(this.#session.rooms)
  }

  #open() {
    const target = this.#target
    if (target === null) return
    this.#release(1000)
    const resume = this.#session.resumePoint
    this.#listeners.onStatus('connecting', resume === null ? 'Connecting…' : `Resuming from offset ${this.offset}…`)
    try {
      this.#listen(openSocket(target, resume), target)
    } catch {
      this.#listeners.onStatus('closed', 'This token has characters that no token has. Nothing was sent.')
    }
  }

  /**
   * @param {WebSocket} socket
   * @param {Target} target
   */
  #listen(socket, target) {
    let wasOpen = false
    this.#socket = socket
    // A socket that was let go is heard no more.
    const isCurrent = () => this.#socket === socket
    socket.addEventListener('open', () => (wasOpen = true))
    socket.addEventListener('message', ({ data }) => isCurrent() && this.#receive(JSON.parse(data)))
    socket.addEventListener('close', ({ code, reason }) => {
      if (!isCurrent()) return
      this.#release(1000)
      if (wasOpen) this.#closed(code, reason)
      else void this.#refused(target)
    })
  }

  /** @param {Frame & { payload: Record<string, any> }} frame */
  #receive(frame) {
    if (frame.eventType === 'core.game.reply') return this.requests.takeReply(frame)
    if (frame.eventType === 'core.game.session.ready') return this.#ready(frame)
    if (frame.eventType === 'core.game.session.resumed') return this.#resumed(frame)
    const place = this.#session.take(frame)
    if (place === 'gap') this.#abandon(GAP)
    else if (place !== 'old') this.#listeners.onEvent(frame, place === 'repeated')
  }

  /** @param {Frame & { payload: Record<string, any> }} frame */
  #ready(frame) {
    this.#session.begin(frame.payload)
    this.#welcome(frame)
    this.#listeners.onStatus('connected', `Connected as ${frame.payload.user_id}.`)
  }

  /** @param {Frame & { payload: Record<string, any> }} frame */
  #resumed(frame) {
    const { user_id: user, replayed, reason } = frame.payload
    const isComplete = this.#session.resume(frame.payload)
    this.#welcome(frame)
    if (isComplete) return this.#listeners.onStatus('resumed', `Resumed as ${user} with ${replayed} replayed.`)
    this.#listeners.onStatus(
      'resumed',
      `Back as ${user}, but events were missed (${reason}): the state is fetched anew.`,
    )
    this.#listeners.onUnrecovered(this.#session.rooms)
  }

  /** @param {Frame & { payload: Record<string, any> }} frame ready or resumed */
  #welcome(frame) {
    const { payload } = frame
    this.#isReady = true
    this.#readyAt = monotonicMs()
    this.#listeners.onSession(payload)
    this.#listeners.onRooms(this.#session.rooms)
    this.#listeners.onEvent({ ...frame, payload: { ...payload, resume_token: '(hidden)' } }, false)
    this.#heartbeat.start(payload.ping_interval_ms)
  }

  /**
   * Ends a connection that is of no use, without waiting for the other side to agree.
   * @param {number} code
   */
  #abandon(code) {
    this.#release(code)
    this.#closed(code, '')
  }

  /**
   * @param {number} code
   * @param {string} reason
   */
  #closed(code, reason) {
    const text = describeClose(code, reason)
    this.#needsFreshToken = code === TOKEN_EXPIRED
    if (!mayReconnect(code)) return this.#listeners.onStatus('closed', text)
    if (monotonicMs() - this.#readyAt > STABLE_MS) this.#attempt = 0
    this.#retry(text, retryAfterMs(reason))
  }

  /** @param {Target} target */
  async #refused(target) {
    const refused = await explainRefusal(target)
    // Meanwhile somebody may have disconnected, or connected as somebody else.
    if (target !== this.#target || this.#socket !== null) return
    this.#needsFreshToken = refused.code === 'TOKEN_EXPIRED'
    if (refused.isFinal) this.#listeners.onStatus('closed', refused.text)
    else this.#retry(refused.text, refused.retryAfterMs)
  }

  /**
   * @param {string} text
   * @param {number | null} afterMs the least wait, as the server asked for it
   */
  #retry(text, afterMs) {
    const delayMs = (afterMs ?? 0) + backoffMs(this.#attempt++)
    this.#listeners.onStatus('waiting', `${text} Trying again in ${(delayMs / 1_000).toFixed(1)} s.`)
    this.#retryTimer = setTimeout(() => this.#open(), delayMs)
  }

  #forget() {
    this.#session = new Session()
    this.#listeners.onRooms([])
  }

  /** @param {number} code */
  #release(code) {
    clearTimeout(this.#retryTimer)
    this.#heartbeat.stop()
    this.#retryTimer = 0
    this.#isReady = false
    const socket = this.#socket
    this.#socket = null
    socket?.close(code)
    this.requests.loseAll()
  }
}
