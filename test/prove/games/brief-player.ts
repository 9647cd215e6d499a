import { applyMergePatch } from '../../../src/games/sync/apply-merge.ts'
import { EVENT, SERVER_EVENT } from '../../../src/protocol/events.ts'
import type { TestServer } from '../../helpers/server.ts'
import { WireClient, type WireEvent, type WireReply } from './wire-client.ts'

interface BriefState {
  readonly moves: Readonly<Record<string, number>>
}

/** Plays matches of `brief`, one at a time, over one connection. */
export class BriefPlayer {
  readonly client: WireClient
  /** The room that it was let into last. */
  room = ''
  isOver = false
  patches = 0
  /** Matches that it has begun. */
  matches = 0
  #moves: BriefState['moves'] = {}
  #seq = 0
  #look = () => {}
  readonly #onEnd: (room: string, why: string) => void

  /** @param onEnd is called with each end of a room that it hears of */
  constructor(server: TestServer, user: string, onEnd: (room: string, why: string) => void) {
    this.client = new WireClient(server, user)
    this.client.onEvent = (event) => this.#onEvent(event)
    this.#onEnd = onEnd
  }

  /** The users who have a seat in its room. */
  get users(): readonly string[] {
    return Object.keys(this.#moves)
  }

  /** How many of its inputs the match has had. */
  get moved(): number {
    return this.#moves[this.client.user] ?? 0
  }

  /** Searches for a room, or joins the one that is given. */
  async enter(made: string | undefined): Promise<WireReply> {
    this.matches++
    this.room = ''
    this.isOver = false
    this.#moves = {}
    const found = { kind: 'found' }
    const reply = await (made === undefined
      ? this.client.ask(EVENT.roomFind, { game: 'brief', where: found, options: found })
      : this.client.ask(EVENT.roomJoin, { room_id: made }))
    const { room_id, game } = reply.data ?? {}
    if (room_id === undefined || game === undefined) return reply
    this.room = room_id
    this.#moves = (game.state as unknown as BriefState).moves
    return reply
  }

  move(): void {
    this.client.tell(EVENT.roomInput, this.room, { name: 'move', input: {}, seq: ++this.#seq })
  }

  leave(): Promise<WireReply> {
    return this.client.ask(EVENT.roomLeave, { room_id: this.room })
  }

  /** Whether this holds within the time, or the room ends. */
  holds(condition: () => boolean, withinMs: number): Promise<boolean> {
    return new Promise((resolve) => {
      const settle = (holds: boolean) => {
        clearTimeout(timer)
        this.#look = () => {}
        resolve(holds)
      }
      const timer = setTimeout(() => settle(false), withinMs)
      this.#look = () => {
        if (this.isOver || condition()) settle(true)
      }
      this.#look()
    })
  }

  #onEvent({ eventType, room = '', changes, payload }: WireEvent): void {
    if (eventType === SERVER_EVENT.patch && room === this.room) {
      this.patches++
      this.#moves = (applyMergePatch({ moves: this.#moves }, changes) as BriefState).moves
    } else if (eventType === SERVER_EVENT.status && payload?.['status'] === 'over') {
      this.#onEnd(room, String(payload['why']))
      if (room === this.room) this.isOver = true
    } else return
    this.#look()
  }
}
