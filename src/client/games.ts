import type { GameTypes, TypesOf } from '../games/define.ts'
import * as EVENT from '../protocol/event-names.ts'
import * as SERVER_EVENT from '../protocol/server-event-names.ts'
import type { JsonObject } from '../protocol/events.ts'
import type { EventEnvelope } from '../protocol/shapes/events.ts'
import type { RequestEnvelope } from '../protocol/shapes/commands.ts'
import type { RoomGame } from '../protocol/shapes/games.ts'
import { Clock } from './clock.ts'
import type { DrumbeatError } from './errors.ts'
import { GameRoom, type Patch, type RoomChange } from './game-room.ts'
import { CLOCK_ANSWERS, CLOCK_MS } from './limits.ts'
import type { RequestOptions, Requests } from './requests.ts'
import { nowMs, sleep } from './timing.ts'

/**
 * Which rooms `play` may find: for each field of the game's listing a value, a list of values (`in`), or a range (`gte`, `lte`).
 */
export type Where<Listing> = unknown extends Listing ? JsonObject : WhereOf<Listing>

type WhereOf<Listing> = {
  readonly [Field in keyof Listing]?:
    | Listing[Field]
    | { readonly in: readonly Listing[Field][] }
    | { readonly gte?: Listing[Field]; readonly lte?: Listing[Field] }
}

export interface PlayOptions<Types extends GameTypes> extends Omit<RequestOptions, 'room'> {
  readonly where?: Where<Types['listing']>
  /** The options of the room that is made if no room fits. */
  readonly options?: Types['options']
}

export interface EnterOptions extends Omit<RequestOptions, 'room'> {
  /** `player` by default. A `spectator` has no seat. */
  readonly as?: 'player' | 'spectator'
  readonly password?: string
}

/** Accepts a game (`typeof arena`) or its types. */
export type TypesIn<Game> = Game extends GameTypes ? Game : TypesOf<Game>

/** The rooms with games that this client is in. */
export class Games {
  readonly clock = new Clock()
  readonly #requests: Requests
  /** Tells the session that it is no longer in this room. */
  readonly #forget: (room: string) => void
  readonly #rooms = new Map<string, GameRoom>()
  /** Rooms by the answer that brought them: a room may already be over when its caller gets the answer. */
  readonly #byAnswer = new WeakMap<object, GameRoom>()
  /** For each room, the payload to join it with again. */
  readonly #entrances = new Map<string, JsonObject>()
  /** Rooms that the session has lost, and that are joined again. */
  readonly #away = new Set<string>()
  #stopClock: AbortController | undefined

  constructor(requests: Requests, forget: (room: string) => void) {
    this.#requests = requests
    this.#forget = forget
  }

  async play<Types extends GameTypes>(
    game: string,
    { where, options, ...rest }: PlayOptions<Types>,
  ): Promise<GameRoom<Types>> {
    return this.#roomOf(await this.#requests.request(EVENT.roomFind, { game, where, options } as JsonObject, rest))
  }

  async enter<Types extends GameTypes>(
    room: string,
    { as, password, ...rest }: EnterOptions,
  ): Promise<GameRoom<Types>> {
    const payload = { room_id: room, as, password } as JsonObject
    return this.#roomOf(await this.#requests.request(EVENT.roomJoin, payload, rest))
  }

  /** A request was answered. This runs before anything else is read, so that rooms are known before their events. */
  settled({ eventType, payload }: RequestEnvelope, data: JsonObject): void {
    const room = (data['room_id'] ?? payload['room_id']) as string
    this.#away.delete(room)
    if (eventType === EVENT.roomLeave) this.#end(room)
    // Only searches and joins are answered with a game.
    if (data['game'] === undefined) return
    this.#entrances.set(room, eventType === EVENT.roomJoin ? payload : { room_id: room })
    // Copied, because the caller owns the answer and may change it.
    this.#byAnswer.set(data, this.#refresh(room, JSON.parse(JSON.stringify(data['game'])) as RoomGame))
  }

  /** The payload that joins the room again in the way it was joined. */
  rejoining(room: string): JsonObject {
    this.#away.add(room)
    return this.#entrances.get(room) ?? { room_id: room }
  }

  /** Whether the client may leave its node for this room, or for one that it does not know yet: no other room with a game keeps it there. */
  mayMoveFor(room: unknown): boolean {
    return [...this.#rooms.keys()].every((id) => id === room || this.#away.has(id))
  }

  /** Returns whether the event is only for rooms, so that the application does not get it. */
  take(event: EventEnvelope): boolean {
    const { eventType, room = '', payload } = event
    if (eventType === SERVER_EVENT.patch) {
      const patch = event as unknown as Patch & { readonly handle?: number }
      // A client is in a few rooms only, so a search is cheap.
      const known = [...this.#rooms.values()].find(({ id, handle }) => id === room || handle === patch.handle)
      known?.patched(patch)
      return true
    }
    if (eventType === EVENT.roomSnapshot) {
      this.#refresh(room, payload as unknown as RoomGame)
      return true
    }
    if (eventType === SERVER_EVENT.status) this.#statusChanged(room, payload as unknown as RoomChange)
    if (eventType === SERVER_EVENT.message) this.#rooms.get(payload['room'] as string)?.said(payload['data'])
    return false
  }

  has(room: string): boolean {
    return this.#rooms.has(room)
  }

  /** The session is no longer in the room, and could not join it again. */
  lost(room: string, error: DrumbeatError): void {
    this.#end(room, { error })
  }

  close(): void {
    for (const room of this.#rooms.keys()) this.#end(room)
  }

  #roomOf<Types extends GameTypes>(answer: JsonObject): GameRoom<Types> {
    const room = this.#byAnswer.get(answer)
    if (!room) throw new TypeError('this room has no game')
    return room as unknown as GameRoom<Types>
  }

  #refresh(id: string, data: RoomGame): GameRoom {
    const known = this.#rooms.get(id)
    const room = known ?? new GameRoom(id, data, this.#requests, this.clock)
    if (known) {
      const hadSeat = known.seat !== null
      known.refreshed(data)
      if (hadSeat && data.is_new_seat) known.statusChanged({ status: 'reseated', tick: data.tick })
    }
    this.#rooms.set(id, room)
    if (!this.#stopClock) void this.#setClock()
    return room
  }

  #statusChanged(id: string, status: RoomChange): void {
    const { status: what, ...rest } = status
    if (what !== 'left') this.#rooms.get(id)?.statusChanged(status)
    if (what !== 'over' && what !== 'left') return
    this.#forget(id)
    this.#end(id, what === 'left' ? rest : {})
  }

  #end(id: string, change?: Omit<RoomChange, 'status'>): void {
    const room = this.#rooms.get(id)
    if (!room) return
    this.#rooms.delete(id)
    this.#entrances.delete(id)
    this.#away.delete(id)
    if (this.#rooms.size === 0) {
      this.#stopClock?.abort()
      this.#stopClock = undefined
    }
    room.ended(change)
  }

  /** Asks for the server's time at intervals while there are rooms. */
  async #setClock(): Promise<void> {
    const stop = new AbortController()
    this.#stopClock = stop
    for (let answers = 1; !stop.signal.aborted; answers++) {
      const askedAtMs = nowMs()
      try {
        const { server_time: serverMs } = await this.#requests.request(EVENT.sessionPing, {})
        this.clock.answered(askedAtMs, Number(serverMs))
      } catch {
        answers = CLOCK_ANSWERS // there is no connection now
      }
      if (answers >= CLOCK_ANSWERS) await sleep(CLOCK_MS, [stop.signal])
    }
  }
}
