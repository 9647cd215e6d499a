/**
 * Where this client is in the server's log (PROTOCOL "One log, one cursor"): the last offset seen per channel, and the
 * largest of all. Pure: no socket, no page.
 * @typedef {{ eventType: string, channel?: 'user', room?: string, offset?: unknown, prev?: unknown }} LoggedEvent
 * @typedef {'next' | 'seen' | 'gap'} Place
 */

/** Servers up to 0.1.0 do not say `channel`: these types are all that they send to a user. */
const TO_USER = new Set(['core.game.state.send_message', 'core.game.state.buy_good'])

/** @param {string} room */
function roomChannel(room) {
  return `room/${room}`
}

/** @param {LoggedEvent} event */
function channelOf(event) {
  if (event.channel === 'user') return 'user'
  if (event.room !== undefined) return roomChannel(event.room)
  return TO_USER.has(event.eventType) ? 'user' : 'namespace'
}

export class Cursor {
  #epoch = ''
  #largest = 0
  /** @type {Map<string, number>} */
  #last = new Map()
  /** Where a gap begins. Until a replay has closed it, a resume starts here and not at the largest offset. */
  #gapFrom = /** @type {number | null} */ (null)

  /** @returns {string} what `since` of a resume holds */
  get since() {
    return `${encodeURIComponent(this.#epoch)}:${this.offset}`
  }

  get offset() {
    return this.#gapFrom ?? this.#largest
  }

  /**
   * The past is unknown or void: a new session, or a resume that recovered nothing.
   * @param {string} epoch
   * @param {number} offset
   * @param {Iterable<string>} rooms that the connection is in
   */
  restart(epoch, offset, rooms) {
    this.#epoch = epoch
    this.#largest = offset
    this.#gapFrom = null
    this.#last = new Map([
      ['namespace', offset],
      ['user', offset],
    ])
    for (const room of rooms) this.#last.set(roomChannel(room), offset)
  }

  /**
   * A replay was taken in full: every channel is known up to `offset`.
   * @param {number} offset
   */
  settle(offset) {
    this.#gapFrom = null
    this.#largest = Math.max(this.#largest, offset)
    for (const [channel, last] of this.#last) this.#last.set(channel, Math.max(last, offset))
  }

  /**
   * @param {string} room
   * @param {number} offset from the join's reply
   */
  join(room, offset) {
    const channel = roomChannel(room)
    this.#last.set(channel, Math.max(offset, this.#last.get(channel) ?? 0))
  }

  /** @param {string} room */
  leave(room) {
    this.#last.delete(roomChannel(room))
  }

  /**
   * Notes an event. 'seen': it was there before. 'gap': its channel has events before it that did not arrive, so it is
   * not noted and the client must resume. In a replay `prev` proves nothing, as the server vouches for the whole.
   * @param {LoggedEvent} event
   * @param {boolean} inReplay
   * @returns {Place}
   */
  take(event, inReplay) {
    const { offset, prev } = event
    if (typeof offset !== 'number') return 'next'
    const channel = channelOf(event)
    const last = this.#last.get(channel)
    if (last !== undefined && offset <= last) return 'seen'
    if (!inReplay && last !== undefined && typeof prev === 'number' && prev > last) {
      this.#gapFrom = last
      return 'gap'
    }
    this.#last.set(channel, offset)
    this.#largest = Math.max(this.#largest, offset)
    return 'next'
  }
}
