import { decodeMsgpack } from '../../src/protocol/msgpack.ts'

interface Frame {
  readonly eventType: string
  readonly replyTo?: string
  readonly room?: string
  readonly offset?: number
  readonly prev?: number
}

const SESSION = new Set(['core.game.session.ready', 'core.game.session.resumed'])
const OWN = new Set(['core.game.state.send_message', 'core.game.state.buy_good'])

/**
 * What is promised of one connection, looked at on its wire, so that nothing hides behind what a client does about it: one first frame,
 * one reply to a request, the events of a channel in order, and `prev` without a hole.
 */
export class WireCheck {
  readonly #complain: (what: string) => void
  readonly #last = new Map<string, number>()
  readonly #replied = new Set<string>()
  #isOpen = false

  constructor(complain: (what: string) => void) {
    this.#complain = complain
  }

  frame(data: string | Uint8Array): void {
    const frame = (typeof data === 'string' ? JSON.parse(data) : decodeMsgpack(data)) as Frame
    const isFirst = SESSION.has(frame.eventType)
    if (isFirst === this.#isOpen) this.#complain(`${frame.eventType} came ${isFirst ? 'twice' : 'first'}`)
    this.#isOpen = true
    if (frame.replyTo !== undefined) this.#reply(frame.replyTo)
    if (frame.offset !== undefined) this.#event(frame, frame.offset)
  }

  #reply(id: string): void {
    // The heartbeat has one id for all.
    if (id !== 'heartbeat' && this.#replied.has(id)) this.#complain(`a second reply to ${id}`)
    this.#replied.add(id)
  }

  #event({ eventType, room, prev = 0 }: Frame, offset: number): void {
    const channel = room ?? (OWN.has(eventType) ? '(user)' : '(namespace)')
    const last = this.#last.get(channel)
    this.#last.set(channel, offset)
    if (last === undefined) return
    if (offset <= last) this.#complain(`${channel}: ${offset} after ${last}`)
    // A room may have been left and joined again in between.
    if (room === undefined && prev > last) this.#complain(`${channel}: a hole between ${last} and ${prev}`)
  }
}
