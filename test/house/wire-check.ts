import { isGameFrame } from '../../src/protocol/game-frames.ts'
import { decodeMsgpack } from '../../src/protocol/msgpack.ts'

interface Frame {
  readonly eventType: string
  readonly replyTo?: string
  readonly room?: string
  readonly offset?: number
  readonly prev?: number
  readonly channel?: 'user'
  readonly tick?: number
  readonly base?: number
}

const SESSION = new Set(['core.game.session.ready', 'core.game.session.resumed'])
const PATCH = 'core.game.room.patch'
/** Of a binary frame: 0xC1, its kind, its flags; the handle, the tick and how far back its base is follow. */
const FRAME_HEAD = 3

/**
 * What is promised of one connection, looked at on its wire, so that nothing hides behind what a client does about it: one first frame,
 * one reply to a request, the events of a channel in order, and `prev` without a hole.
 */
export class WireCheck {
  readonly #complain: (what: string) => void
  readonly #last = new Map<string, number>()
  readonly #ticks = new Map<string, number>()
  readonly #replied = new Set<string>()
  #isOpen = false

  constructor(complain: (what: string) => void) {
    this.#complain = complain
  }

  frame(data: string | Uint8Array): void {
    if (typeof data !== 'string' && isGameFrame(data)) {
      const [handle, tick, behind] = varintsOf(data)
      this.#patch(`room ${handle}`, Number(tick), Number(tick) - Number(behind))
      return
    }
    const frame = (typeof data === 'string' ? JSON.parse(data) : decodeMsgpack(data)) as Frame
    const isFirst = SESSION.has(frame.eventType)
    if (isFirst === this.#isOpen) this.#complain(`${frame.eventType} came ${isFirst ? 'twice' : 'first'}`)
    this.#isOpen = true
    if (frame.eventType === PATCH) this.#patch(String(frame.room), Number(frame.tick), Number(frame.base))
    if (frame.replyTo !== undefined) this.#reply(frame.replyTo)
    if (frame.offset !== undefined) this.#event(frame, frame.offset)
  }

  /** A patch leads on, and none that fits comes twice. */
  #patch(room: string, tick: number, base: number): void {
    if (!(tick > base && base >= 0)) this.#complain(`${room}: a patch from ${base} to ${tick}`)
    const last = this.#ticks.get(room)
    this.#ticks.set(room, tick)
    if (last === base || last === undefined) return
    // Its client asks for the state then, and what comes behind that leads on from there.
    if (tick <= last && base > last) this.#complain(`${room}: ${tick} after ${last}`)
  }

  #reply(id: string): void {
    // The heartbeat has one id for all.
    if (id !== 'heartbeat' && this.#replied.has(id)) this.#complain(`a second reply to ${id}`)
    this.#replied.add(id)
  }

  #event({ channel: own, room, prev = 0 }: Frame, offset: number): void {
    const channel = own === 'user' ? '(user)' : (room ?? '(namespace)')
    const last = this.#last.get(channel)
    this.#last.set(channel, offset)
    if (last === undefined) return
    if (offset <= last) this.#complain(`${channel}: ${offset} after ${last}`)
    // A room may have been left and joined again in between.
    if (room === undefined && prev > last) this.#complain(`${channel}: a hole between ${last} and ${prev}`)
  }
}

/** The three unsigned LEB128 numbers behind a binary frame's head. */
function varintsOf(frame: Uint8Array): readonly number[] {
  const found: number[] = []
  for (let at = FRAME_HEAD, value = 0, unit = 1; found.length < 3; at++) {
    const byte = frame[at] ?? 0
    value += (byte & 127) * unit
    unit *= 128
    if (byte >= 128) continue
    found.push(value)
    value = 0
    unit = 1
  }
  return found
}
