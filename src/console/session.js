import { Cursor } from './cursor.js'

/**
 * @typedef {{ eventType: string, room?: string, namespace?: string, userId?: string, timestamp?: number,
 *   offset?: number, prev?: number, payload?: Record<string, any> }} Frame
 */

const JOIN = 'core.game.room.join'
const LEAVE = 'core.game.room.leave'

/** What outlives a socket: who the server took us for, the rooms, and how far we have read. Pure. */
export class Session {
  #cursor = new Cursor()
  /** @type {Set<string>} */
  #rooms = new Set()
  #resumeToken = ''
  #payloadBytesMax = 0
  #replayLeft = 0
  #settleAt = 0

  get offset() {
    return this.#cursor.offset
  }

  get rooms() {
    return [...this.#rooms]
  }

  get payloadBytesMax() {
    return this.#payloadBytesMax
  }

  /** @returns {import('./handshake.js').ResumePoint | null} null: there is nothing to resume */
  get resumePoint() {
    if (this.#resumeToken === '') return null
    return { resumeToken: this.#resumeToken, since: this.#cursor.since, rooms: this.rooms }
  }

  /** @param {Record<string, any>} payload of `ready` */
  begin(payload) {
    this.#note(payload)
    this.#rooms.clear()
    this.#cursor.restart(payload.epoch, payload.offset, [])
  }

  /**
   * @param {Record<string, any>} payload of `resumed`
   * @returns {boolean} false: events were missed, and the state is to be fetched
   */
  resume(payload) {
    this.#note(payload)
    if (Array.isArray(payload.rooms)) this.#rooms = new Set(payload.rooms)
    if (payload.recovered !== true) {
      this.#cursor.restart(payload.epoch, payload.offset, this.#rooms)
      return false
    }
    this.#replayLeft = payload.replayed
    this.#settleAt = payload.offset
    if (this.#replayLeft === 0) this.#cursor.settle(this.#settleAt)
    return true
  }

  /**
   * Notes an event. A replay that closes a gap begins before it, so it may hold what was seen: that is 'old'.
   * @param {Frame} frame
   * @returns {'next' | 'repeated' | 'old' | 'gap'}
   */
  take(frame) {
    const inReplay = this.#replayLeft > 0
    const place = this.#cursor.take(frame, inReplay)
    if (inReplay && --this.#replayLeft === 0) this.#cursor.settle(this.#settleAt)
    if (place !== 'seen') return place
    return inReplay ? 'old' : 'repeated'
  }

  /**
   * Notes what a request that succeeded did to the rooms.
   * @param {unknown} eventType
   * @param {Record<string, any>} payload
   * @param {Record<string, any>} data of the reply
   * @returns {boolean} whether it did anything
   */
  noteDone(eventType, payload, data) {
    if (eventType === JOIN) {
      this.#rooms.add(data.room_id)
      this.#cursor.join(data.room_id, data.offset)
    } else if (eventType === LEAVE) {
      this.#rooms.delete(payload.room_id)
      this.#cursor.leave(payload.room_id)
    }
    return eventType === JOIN || eventType === LEAVE
  }

  /** @param {Record<string, any>} payload of `ready` or `resumed` */
  #note(payload) {
    this.#resumeToken = payload.resume_token
    this.#payloadBytesMax = payload.max_payload_bytes
    this.#replayLeft = 0
  }
}
