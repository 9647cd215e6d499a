import { encodeGameBlock, type BlockPatch } from '../../../src/link/game-block.ts'
import { Link, type Handlers } from '../../../src/link/link.ts'
import type { CatchUp, InputKind, RoomSnapshot } from '../../../src/link/methods/host.ts'
import type { PrimaryMethods } from '../../../src/link/methods/primary.ts'
import type { GameEntry } from '../../../src/link/methods/rooms.ts'
import type { WorkerMethods } from '../../../src/link/methods/worker.ts'
import type { Namespace, RoomId } from '../../../src/protocol/ids.ts'
import { Refusal } from '../../../src/protocol/errors.ts'
import type { JsonValue } from '../../../src/protocol/events.ts'
import type { HouseWorker } from './worker.ts'

/** A flat state, which is enough to check what a client has. */
export type FlatState = Readonly<Record<string, JsonValue>>

/** How many versions a patch can start from. */
const HISTORY = 60
export const INPUTS = [
  { name: 'place', type: { kind: 'object' }, keep: 'all' },
  { name: 'say', type: null, keep: 'latest' },
] as const

interface Seen {
  readonly connectionId: string
  readonly encoding: 'json' | 'binary'
  readonly seat: string | null
  view: number
}

/**
 * A room with a game, which plays the primary's and the host's part together: what each view sees, for each of the last ticks.
 */
export class ScriptedRoom {
  readonly id: RoomId
  readonly handle: number
  tick = 0
  readonly viewers = new Map<string, Seen>()
  /** By view, the newest version last. */
  /** The inputs of its game. They may change with a restart. */
  inputs: readonly InputKind[] = INPUTS
  readonly #versions = new Map<number, { readonly tick: number; readonly state: FlatState }[]>()

  constructor(id: string, handle: number) {
    this.id = id as RoomId
    this.handle = handle
    this.#versions.set(0, [{ tick: 0, state: { n: 0 } }])
  }

  state(view: number): FlatState {
    return this.#newest(view).state
  }

  /** Makes the next tick, and the patches for those who see the view. */
  change(view: number, changes: FlatState, more: Readonly<Record<string, JsonValue>> = {}): readonly BlockPatch[] {
    const before = this.#newest(view)
    const state = { ...before.state, ...changes }
    this.tick++
    const versions = this.#versions.get(view) ?? []
    this.#versions.set(view, [...versions.slice(-HISTORY), { tick: this.tick, state }])
    const patch = { tick: this.tick, base: before.tick, changes, ...more }
    return (['json', 'binary'] as const).map((encoding) => ({
      handle: this.handle,
      tick: this.tick,
      base: before.tick,
      view,
      encoding,
      bytes: this.#frame(encoding, patch),
    }))
  }

  snapshot(view: number): RoomSnapshot {
    const { tick, state } = this.#newest(view)
    return { view, tick, seats: {}, state: JSON.stringify(state), hash: 7 }
  }

  catchUp({ view, encoding }: Seen, base: number): CatchUp {
    const before = this.#versions.get(view)?.find(({ tick }) => tick === base)
    if (!before) return { kind: 'snapshot', ...this.snapshot(view) }
    const { tick, state } = this.#newest(view)
    if (tick === base) return { kind: 'current', tick, view }
    const changes = Object.fromEntries(Object.entries(state).filter(([key, value]) => before.state[key] !== value))
    return { kind: 'patch', tick, view, patch: this.#frame(encoding, { tick, base, changes }) }
  }

  entry({ view, seat }: Pick<Seen, 'view' | 'seat'>): GameEntry {
    const about = { name: 'counter', version: 3, seat, isNewSeat: false, tickMs: 50, startMs: 1_790_000_000_000 }
    return { ...about, types: { kind: 'json' }, inputs: this.inputs, handle: this.handle, ...this.snapshot(view) }
  }

  #newest(view: number): { readonly tick: number; readonly state: FlatState } {
    const newest = this.#versions.get(view)?.at(-1)
    if (newest) return newest
    const first = { tick: this.tick, state: { n: 0, view } }
    this.#versions.set(view, [first])
    return first
  }

  #frame(encoding: 'json' | 'binary', patch: object): Uint8Array {
    if (encoding === 'json')
      return Buffer.from(JSON.stringify({ eventType: 'core.game.room.patch', room: this.id, ...patch }))
    // Nobody on the way reads the patch's content, so it is JSON here.
    return Buffer.concat([Buffer.from([0xc1, 1, 0]), Buffer.from(JSON.stringify(patch))])
  }
}

type Own = Handlers<PrimaryMethods>
type Answer<Name extends keyof Own> = Parameters<Own[Name]>[1]

/** A scripted primary and host at the other end of a worker's link. All of its rooms have the same game. */
export class ScriptedPrimary {
  readonly link: Link<PrimaryMethods, WorkerMethods>
  readonly rooms = new Map<string, ScriptedRoom>()
  /** The calls that the worker made for connections, in order: `join`, `leave`, `close` and so on, with their arguments. */
  readonly calls: { readonly method: string; readonly args: Readonly<Record<string, unknown>> }[] = []
  /** Rooms that resumed connections return to. */
  games: readonly RoomId[] = []
  /** By method: the refusal that the call gets. */
  readonly refusals = new Map<string, Refusal>()
  /** The methods that are not answered until `release`. */
  readonly held = new Set<string>()
  #waiting: (() => void)[] = []

  constructor(worker: HouseWorker) {
    this.link = new Link<PrimaryMethods, WorkerMethods>({
      stream: worker.process.link,
      queueBytesMax: 2 ** 28,
      onClose: () => {},
      handlers: this.#handlers(),
    })
  }

  makeRoom(id: string): ScriptedRoom {
    const room = new ScriptedRoom(id, this.rooms.size + 1)
    this.rooms.set(id, room)
    return room
  }

  /** Makes a tick of the room. Its patches are sent in one block. */
  change(room: ScriptedRoom, changes: FlatState, { view = 0, more = {} } = {}): void {
    this.link.sendBlock(encodeGameBlock({ records: [], patches: room.change(view, changes, more) }), 'game')
  }

  release(): void {
    this.held.clear()
    const waiting = this.#waiting
    this.#waiting = []
    for (const answer of waiting) answer()
  }

  argsOf(method: string): readonly Readonly<Record<string, unknown>>[] {
    return this.calls.flatMap((call) => (call.method === method ? [call.args] : []))
  }

  #handlers(): Own {
    const own: Partial<Own> = {
      open: (args, reply) =>
        reply({
          offset: 10,
          epoch: 'e1',
          rooms: args.rooms ?? this.games,
          games: this.games,
          replayed: 0,
          reason: null,
        }),
      join: ({ connectionId, room, as, encoding }, reply) => {
        const at = this.rooms.get(room)
        if (!at) return reply({ room_id: room, members: 1, state: null, offset: 11 })
        reply({ room_id: room, members: 1, state: null, offset: 11, game: this.#enter(at, connectionId, as, encoding) })
      },
      find: ({ connectionId, encoding }, reply) => {
        const [at] = this.rooms.values()
        if (!at) return reply(new Refusal('GAME_NOT_FOUND', 'there is no such game'))
        const game = this.#enter(at, connectionId, 'player', encoding)
        reply({ room_id: at.id, members: 1, state: null, offset: 11, game })
      },
      enterGame: ({ connectionId, room, encoding }, reply) => {
        const at = this.#room(room)
        reply({
          room_id: room,
          members: 1,
          state: null,
          offset: 11,
          game: this.#enter(at, connectionId, 'player', encoding),
        })
      },
      leave: ({ connectionId, room }, reply) => {
        this.rooms.get(room)?.viewers.delete(connectionId)
        reply(null)
      },
      gameInput: ({ room }, reply) => reply({ tick: this.#room(room).tick, value: null }),
      snapshot: ({ connectionId, room }, reply) => {
        const at = this.#room(room)
        const { handle: _handle, ...entry } = at.entry(at.viewers.get(connectionId) ?? { view: 0, seat: null })
        reply(entry)
      },
      catchUp: ({ connectionId, room, base }, reply) => {
        const at = this.#room(room)
        const viewer = at.viewers.get(connectionId)
        reply(viewer ? at.catchUp(viewer, base) : new Refusal('NOT_IN_ROOM', 'it is not here'))
      },
      gameRooms: ({ game, namespace }, reply) => {
        const items = [...this.rooms.values()].map((room) => ({
          room_id: room.id,
          namespace: namespace ?? ('private' as Namespace),
          game,
          seats: room.viewers.size,
          bots: 0,
          seats_free: 8 - room.viewers.size,
          seats_max: 8,
          is_locked: false,
          listing: { phase: 'play' },
        }))
        reply({ items, next_cursor: null })
      },
    }
    const handle = (method: string) => (args: unknown, reply: (result: unknown) => void, span: undefined) => {
      this.calls.push({ method, args: args as Readonly<Record<string, unknown>> })
      const answerer = own[method as keyof Own] as Answerer | undefined
      const answer = () => {
        const refusal = this.refusals.get(method)
        if (refusal) reply(refusal)
        else answerer?.(args, reply, span)
      }
      if (this.held.has(method)) this.#waiting.push(answer)
      else answer()
    }
    return new Proxy({} as Own, { get: (_target, method) => handle(String(method)) })
  }

  #enter(room: ScriptedRoom, connectionId: string, as: string, encoding: 'json' | 'binary'): GameEntry {
    const seen: Seen = { connectionId, encoding, seat: as === 'player' ? 'a seat' : null, view: 0 }
    room.viewers.set(connectionId, seen)
    return room.entry(seen)
  }

  #room(id: string): ScriptedRoom {
    const room = this.rooms.get(id)
    if (!room) throw new Refusal('ROOM_NOT_FOUND', 'there is no such room')
    return room
  }
}

type Answerer = (args: unknown, reply: Answer<'open'> | ((result: unknown) => void), span: undefined) => void
