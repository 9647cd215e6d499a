import { DrumbeatError, type GameClient } from '../../src/client/index.ts'
import type { GameRoom } from '../../src/client/game-room.ts'
import type { TypesOf } from '../../src/games/define.ts'
import type { arena } from '../helpers/games/arena.ts'

export type Arena = TypesOf<typeof arena>
type Room = GameRoom<Arena>

/** What a player was told and has sent in one room. */
export interface Played {
  /** Another one after the room was left and joined again. */
  room: Room
  /** Inputs that were sent, and those that were acknowledged. */
  sent: number
  done: number
}

/** Codes that honest requests to a game may get, beside those that any request may get while things break. */
const EXPECTED = {
  play: new Set(['ROOM_FULL', 'ROOM_OVER', 'ROOM_LOCKED', 'ROOM_LIMIT']),
  input: new Set(['ROOM_OVER', 'NOT_IN_ROOM']),
  leave: new Set(['ROOM_OVER', 'NOT_IN_ROOM']),
} as const
type Asked = keyof typeof EXPECTED
const ROOMS_MAX = 2

/** What one player does in rooms with games, by the client library, and what is promised of them. */
export class GamePlayer {
  /** By the ids of rooms; those that are over, too. */
  readonly played = new Map<string, Played>()
  /** Sentences that a game was asked to say, and that it said it would. */
  readonly said: string[] = []
  readonly wrong: string[] = []
  readonly #client: () => GameClient
  readonly #device: string
  readonly #mayFail: (code: string) => boolean
  readonly #onLeft: (room: string) => void
  #sent = 0

  constructor(options: {
    readonly client: () => GameClient
    readonly device: string
    /** Whether a request may end with this code now. */
    readonly mayFail: (code: string) => boolean
    /** It was told that it is out of the room, or never came back into it. */
    readonly onLeft: (room: string) => void
  }) {
    this.#client = options.client
    this.#device = options.device
    this.#mayFail = options.mayFail
    this.#onLeft = options.onLeft
  }

  /** The rooms that it is in, as far as it knows. */
  get rooms(): readonly Played[] {
    return [...this.played.values()].filter(({ room }) => !room.isOver && this.#client().rooms.includes(room.id))
  }

  async play(): Promise<void> {
    if (this.rooms.length >= ROOMS_MAX) return
    this.#isIn(await this.#ask('play', this.#client().play<Arena>('arena')))
  }

  /** Comes into a room in which a bot has to make room, when nothing breaks any more. */
  async come(id: string): Promise<void> {
    try {
      this.#isIn(await this.#client().enter<Arena>(id))
    } catch (error) {
      this.wrong.push(`no bot makes room in ${id}: ${String(error)}`)
    }
  }

  #isIn(room: Room | undefined): void {
    if (!room || this.played.get(room.id)?.room === room) return
    const played = this.played.get(room.id)
    if (played) played.room = room
    else this.played.set(room.id, { room, sent: 0, done: 0 })
    room.on('status', ({ status }) => status === 'left' && this.#onLeft(room.id))
    room.subscribe((state) => {
      if (state.ticks !== room.tick)
        this.wrong.push(`${room.id}: tick ${room.tick} is the ${state.ticks}th that has run`)
    })
    room.on('seats', (seats) => this.#lookAtSeats(room, seats))
  }

  /** What is told of the seats belongs to the state that it comes with. */
  #lookAtSeats({ id, tick, state }: Room, seats: Room['seats']): void {
    const told = Object.entries(seats).map(([seat, { is_connected }]) => `${seat} ${is_connected}`)
    const there = Object.keys(state.seats).map((seat) => `${seat} ${state.lives[seat]?.at(-1) !== 'drop'}`)
    if (told.toSorted().join() !== there.toSorted().join())
      this.wrong.push(`${id}: in tick ${tick} it is told of ${told.join(', ')}, and there are ${there.join(', ')}`)
  }

  async add(played: Played): Promise<void> {
    played.sent++
    const done = await this.#ask('input', played.room.send.add({ device: this.#device, n: ++this.#sent }))
    if (done) played.done++
  }

  async refused({ room }: Played): Promise<void> {
    const code = await room.send.no({}).then(() => 'ok', codeOf)
    if (code !== 'REFUSED' && !this.#isExpected('input', code)) this.wrong.push(`a refusal was ${code}`)
  }

  async say({ room }: Played): Promise<void> {
    const text = `${this.#device} says ${++this.#sent}`
    const code = await room.send.say({ text }).then(() => 'ok', codeOf)
    if (code === 'ok') this.said.push(text)
    else if (!this.#isExpected('input', code)) this.wrong.push(`a sentence ended with ${code}`)
  }

  async end({ room }: Played): Promise<void> {
    await this.#ask('input', room.send.end({}))
  }

  async leave({ room }: Played): Promise<void> {
    await this.#ask('leave', room.leave())
  }

  #isExpected(asked: Asked, code: string): boolean {
    return this.#mayFail(code) || EXPECTED[asked].has(code)
  }

  async #ask<T>(what: Asked, asked: Promise<T>): Promise<T | undefined> {
    try {
      return (await asked) ?? (true as T)
    } catch (error) {
      const code = codeOf(error)
      if (!this.#isExpected(what, code)) this.wrong.push(`${what} ended with ${String(error)}`)
      return undefined
    }
  }
}

function codeOf(error: unknown): string {
  return error instanceof DrumbeatError ? error.code : String(error)
}
