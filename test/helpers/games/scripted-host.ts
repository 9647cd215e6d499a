import type { Duplex } from 'node:stream'
import { encodeGameBlock } from '../../../src/link/game-block.ts'
import { Link } from '../../../src/link/link.ts'
import type {
  EnteredRoom,
  GameInfo,
  GameSource,
  HostMethods,
  OfHostMethods,
  OpenRoom,
  RoomEnding,
} from '../../../src/link/methods/host.ts'
import { Refusal } from '../../../src/protocol/errors.ts'
import type { JsonValue } from '../../../src/protocol/events.ts'
import { BOT_ID } from '../../../src/protocol/ids.ts'

/** What came into a room. Each entry is a tick of its own. */
interface Entry {
  readonly kind: 'join' | 'back' | 'drop' | 'leave' | 'add' | 'speak' | 'finish'
  readonly user: string
  readonly by?: number
  /** For `speak`: the text and its receiver. For `finish`: the result. */
  readonly data?: unknown
}

interface Kept {
  readonly roomId: string
  tick: number
  count: number
  isLocked: boolean
  listing: { phase: string; size: number }
  /** The result, if the room is over. */
  result?: JsonValue
  readonly seats: Record<string, 'here' | 'held'>
}

interface ScriptedRoom extends Kept {
  readonly handle: number
  readonly viewers: Map<number, { readonly user: string; readonly as: 'player' | 'spectator' }>
}

export const COUNTER: GameInfo = {
  name: 'counter',
  version: 1,
  hz: 0,
  seats: { min: 1, max: 3, holdMs: 30_000, lateJoin: true, spectators: true, guests: false, fill: null, standIn: null },
  maxMs: null,
  options: null,
  inputs: ['add', 'say', 'end', 'kick', 'list', 'lock', 'unlock'],
  events: [],
  bots: ['easy'],
  record: false,
  hearsPurchases: true,
}

/**
 * A host with a simple game of its own, which runs each entry at once and records all that it was told. It is for tests of how
 * the primary handles what a host says. Inputs that are journaled: `add` a number to the count; `speak`, which says something;
 * `finish` with a result. Others: `say` something; `kick` a user; `list` a phase; `lock` and `unlock`; `end` with a result and
 * rewards.
 */
export class ScriptedHost {
  /** All rooms that the host runs, by their places. */
  readonly rooms = new Map<number, ScriptedRoom>()
  /** The calls that it got, such as `enter alice`. */
  readonly asked: string[] = []
  /** If it is set, everybody who wants to enter gets this refusal. */
  refuseEnter: Refusal | undefined
  refuseRestore: Refusal | undefined
  refuseRehearsal: Refusal | undefined
  /** The id of a room that it refuses to restore. */
  refuseRestoreOf: string | undefined
  /** Called with each room that it has to restore. */
  onRestore: ((roomId: string, handle: number) => 'no answer' | undefined) | undefined
  /** It sends a checkpoint after this many ticks. */
  checkpointEvery = 5
  readonly link: Link<HostMethods, OfHostMethods>
  readonly #held = new Map<number, () => void>()

  constructor(stream: Duplex, onClose: () => void, games: readonly GameInfo[] = [COUNTER]) {
    this.link = new Link<HostMethods, OfHostMethods>({
      stream,
      queueBytesMax: 1 << 28,
      onClose,
      handlers: {
        welcome: () => this.link.tell('listening', { games, sources: games.map(sourceOf), files: [] }),
        open: (args, reply) => reply(this.#open(args)),
        restore: ({ handle, checkpoint, records, awaySinceMs }, reply) => {
          this.asked.push(`restore ${records.length}`)
          if (this.refuseRestore) return reply(this.refuseRestore)
          const kept = keptOf(checkpoint)
          const isHeld = this.onRestore?.(kept.roomId, handle) === 'no answer'
          if (kept.roomId === this.refuseRestoreOf) return reply(new Refusal('GAME_FAILED', 'it was refused'))
          const room: ScriptedRoom = { ...kept, handle, viewers: new Map() }
          const run = () => {
            for (const record of records) {
              const entry = JSON.parse(Buffer.from(record).toString()) as Entry
              this.#apply(room, entry)
              this.#speak(room, entry)
            }
            if (room.result !== undefined) this.over(room, { why: 'over', result: room.result, rewards: [] })
            else this.rooms.set(handle, room)
            if (awaySinceMs !== undefined) this.#listed(room)
            reply({ seats: Object.keys(room.seats).map((user) => ({ user, ledgerEntry: 0 })) })
          }
          if (isHeld) this.#held.set(handle, run)
          else run()
        },
        rehearse: ({ records }, reply) => {
          this.asked.push(`rehearse ${records.length}`)
          reply(this.refuseRehearsal ?? null)
        },
        enter: ({ handle, viewer, user, as, isBack, ledgerEntry }, reply) => {
          this.asked.push(`enter ${user}${isBack ? ' back' : ''}`)
          const room = this.#room(handle)
          if (this.refuseEnter) return reply(this.refuseEnter)
          const isNewSeat = as === 'player' && room.seats[user] === undefined
          if (as === 'player') this.#sit(room, user, isBack)
          room.viewers.set(viewer, { user, as })
          reply({ ...entered(room, as === 'player' ? user : null, isNewSeat), ledgerEntry })
        },
        exit: ({ handle, viewer }, reply) => {
          const room = this.#room(handle)
          const gone = room.viewers.get(viewer)
          this.asked.push(`exit ${gone?.user ?? '?'}`)
          room.viewers.delete(viewer)
          const isLast = gone?.as === 'player' && ![...room.viewers.values()].some(({ user }) => user === gone.user)
          if (gone && isLast) this.#step(room, { kind: 'drop', user: gone.user })
          reply(null)
        },
        leave: ({ handle, viewer }, reply) => {
          const room = this.#room(handle)
          const gone = room.viewers.get(viewer)
          this.asked.push(`leave ${gone?.user ?? '?'}`)
          room.viewers.delete(viewer)
          if (gone?.as === 'player') this.end(room, gone.user, 'left')
          reply(null)
        },
        input: ({ handle, viewer, name, input }, reply) => {
          const room = this.#room(handle)
          reply(this.#input(room, room.viewers.get(viewer)?.user ?? '?', name, input))
        },
        inputAs: ({ handle, user, name, input }, reply) => reply(this.#input(this.#room(handle), user, name, input)),
        addBot: ({ handle, bot }, reply) => {
          const room = this.#room(handle)
          this.asked.push(`addBot ${bot}`)
          if (bot !== 'easy') throw new Refusal('BAD_REQUEST', 'no such bot', { path: 'bot' })
          if (Object.keys(room.seats).length >= COUNTER.seats.max) throw new Refusal('ROOM_FULL', 'no seat is free')
          const seat = `bot-${room.tick + 1}`
          this.#step(room, { kind: 'join', user: seat })
          reply({ seat, tick: room.tick })
        },
        removeBot: ({ handle, seat }, reply) => {
          const room = this.#room(handle)
          if (!room.seats[seat] || !BOT_ID.test(seat)) throw new Refusal('NOT_FOUND', `no bot "${seat}"`)
          this.end(room, seat, 'removed')
          reply(null)
        },
        kick: ({ handle, user, why }, reply) => {
          this.end(this.#room(handle), user, why)
          reply(null)
        },
        snapshot: ({ handle }, reply) => reply(entered(this.#room(handle), null)),
        catchUp: ({ handle }, reply) => reply({ kind: 'snapshot', ...entered(this.#room(handle), null) }),
        entries: ({ handle }, reply) => {
          this.#room(handle)
          reply({ items: [] })
        },
        inspect: ({ handle }, reply) => {
          const room = this.#room(handle)
          const seats = Object.entries(room.seats).map(([user, how]) => ({
            user,
            isConnected: how === 'here',
            bot: BOT_ID.test(user) ? 'easy' : null,
            standIn: null,
            fills: false,
            team: null,
            heldUntilMs: null,
          }))
          reply({ tick: room.tick, latenessMs: 0, seats, spectators: 0, isLocked: room.isLocked, state: stateOf(room) })
        },
        bought: ({ handle, user, after, purchases }, reply) => {
          for (const { receipt } of purchases) this.asked.push(`bought ${user} ${receipt.good_id}`)
          this.#room(handle)
          reply({ ledgerEntry: purchases.at(-1)?.ledgerEntry ?? after })
        },
        end: ({ handle }, reply) => {
          this.over(this.#room(handle), { why: 'ended', result: null, rewards: [] })
          reply(null)
        },
        release: ({ handle }, reply) => {
          const room = this.#room(handle)
          this.rooms.delete(handle)
          reply({ tick: room.tick, checkpoint: checkpointOf(room) })
        },
        drain: (_args, reply) => reply(null),
        ping: (_args, reply) => reply(null),
        logLevel: () => {},
        metrics: (_args, reply) => reply({ metrics: [] }),
      },
    })
  }

  close(): void {
    this.rooms.clear()
  }

  /** Answers a restore that `onRestore` has held back. */
  restoreNow(handle: number): void {
    this.#held.get(handle)?.()
  }

  room(id: string): ScriptedRoom | undefined {
    return [...this.rooms.values()].find(({ roomId }) => roomId === id)
  }

  over(room: ScriptedRoom, ending: Omit<RoomEnding, 'tick'>): void {
    this.rooms.delete(room.handle)
    this.link.tell('over', { handle: room.handle, ending: { ...ending, tick: room.tick } })
  }

  end(room: ScriptedRoom, user: string, why: string): void {
    this.#step(room, { kind: 'leave', user })
    for (const [viewer, one] of room.viewers) if (one.user === user) room.viewers.delete(viewer)
    this.link.tell('said', { handle: room.handle, tick: room.tick, effects: [{ kind: 'left', user, why }] })
  }

  checkpoint(room: ScriptedRoom): void {
    this.link.tell('checkpoint', { handle: room.handle, tick: room.tick, checkpoint: checkpointOf(room) })
  }

  #open({ handle, roomId, options, startMs }: OpenRoom): { startMs: number } | Refusal {
    this.asked.push(`open ${roomId.split(':')[0]}`)
    const { phase = 'lobby', refuse } = options as { phase?: string; refuse?: boolean }
    if (refuse === true) return new Refusal('REFUSED', 'not these options', { code: 'OPTIONS' })
    const listing = { phase, size: 1 }
    const room = { handle, roomId, tick: 0, count: 0, isLocked: false, listing, seats: {}, viewers: new Map() }
    this.rooms.set(handle, room)
    this.link.sendBlock(
      encodeGameBlock({ records: [{ handle, tick: 0, bytes: Buffer.from('head') }], patches: [] }),
      'game',
    )
    this.checkpoint(room)
    this.#listed(room)
    return { startMs }
  }

  #room(handle: number): ScriptedRoom {
    const room = this.rooms.get(handle)
    if (!room) throw new Refusal('ROOM_OVER', 'the room is over')
    return room
  }

  #sit(room: ScriptedRoom, user: string, isBack: boolean): void {
    const seat = room.seats[user]
    if (seat === 'here') return
    if (seat === 'held') this.#step(room, { kind: 'back', user })
    else if (isBack) throw new Refusal('NOT_IN_ROOM', 'no seat in this room')
    else if (room.isLocked) throw new Refusal('ROOM_LOCKED', 'the room is locked')
    else if (Object.keys(room.seats).length >= COUNTER.seats.max) throw new Refusal('ROOM_FULL', 'no seat is free')
    else this.#step(room, { kind: 'join', user })
  }

  #input(room: ScriptedRoom, user: string, name: string, input: unknown): { tick: number; value: number } | Refusal {
    if (!room.seats[user]) return new Refusal('NOT_IN_ROOM', 'no seat in this room')
    const { handle } = room
    if (name === 'add') this.#step(room, { kind: 'add', user, by: Number(input) })
    else if (name === 'speak') this.#step(room, { kind: 'speak', user, data: input })
    else if (name === 'finish') {
      this.#step(room, { kind: 'finish', user, data: input })
      this.over(room, { why: 'over', result: input as JsonValue, rewards: [] })
    } else if (name === 'say') {
      const { to, data } = input as { to: string; data: string }
      this.link.tell('said', { handle, tick: room.tick, effects: [{ kind: 'say', to, data }] })
    } else if (name === 'kick') this.end(room, String(input), 'kicked')
    else if (name === 'end') this.over(room, { why: 'over', ...(input as Pick<RoomEnding, 'result' | 'rewards'>) })
    else if (name === 'list' || name === 'lock' || name === 'unlock') {
      if (name === 'list') room.listing = input as ScriptedRoom['listing']
      else room.isLocked = name === 'lock'
      this.#listed(room)
    } else return new Refusal('BAD_REQUEST', `there is no input "${name}"`)
    return { tick: room.tick, value: room.count }
  }

  #step(room: ScriptedRoom, entry: Entry): void {
    const before = Object.keys(room.seats).length
    this.#apply(room, entry)
    const { handle, roomId, tick } = room
    const frame = { eventType: 'core.game.room.patch', room: roomId, tick, base: tick - 1, changes: stateOf(room) }
    const patch = {
      handle,
      tick,
      base: tick - 1,
      view: 0,
      encoding: 'json',
      bytes: Buffer.from(JSON.stringify(frame)),
    } as const
    const record = { handle, tick, bytes: Buffer.from(JSON.stringify(entry)) }
    this.link.sendBlock(encodeGameBlock({ records: [record], patches: [patch] }), 'game')
    this.#speak(room, entry)
    if (Object.keys(room.seats).length !== before) this.#listed(room)
    if (tick % this.checkpointEvery === 0) this.checkpoint(room)
  }

  #speak({ handle, tick }: ScriptedRoom, { kind, data }: Entry): void {
    if (kind !== 'speak') return
    const effects = [{ kind: 'say' as const, ...(data as { to: string; data: string }) }]
    this.link.tell('said', { handle, tick, effects })
  }

  #apply(room: ScriptedRoom, { kind, user, by = 0, data }: Entry): void {
    room.tick++
    if (kind === 'add') room.count += by
    else if (kind === 'finish') room.result = data as JsonValue
    else if (kind === 'speak') return
    else if (kind === 'leave') delete room.seats[user]
    else room.seats[user] = kind === 'drop' ? 'held' : 'here'
  }

  #listed({ handle, isLocked, listing, seats }: ScriptedRoom): void {
    const users = Object.keys(seats)
    const bots = users.filter((user) => BOT_ID.test(user)).length
    this.link.tell('listed', {
      handle,
      listing: { seats: users.length, bots, yielding: 0, isLocked, listing: { ...listing } },
    })
  }
}

/** Games of one name are of one file, which never changes. */
function sourceOf({ name }: GameInfo): GameSource {
  return { name, file: `/games/${name}.ts`, code: name }
}

function stateOf({ count, seats }: Kept): { count: number; seats: Record<string, string> } {
  return { count, seats: { ...seats } }
}

function checkpointOf({ roomId, tick, count, isLocked, listing, seats }: ScriptedRoom): string {
  const taken = Object.entries(seats).map(([id, how]) => ({ id, how }))
  return JSON.stringify({ roomId, tick, count, isLocked, listing, seats: taken })
}

function keptOf(checkpoint: string): Kept {
  const { seats, ...kept } = JSON.parse(checkpoint) as Kept & { seats: readonly { id: string; how: 'here' | 'held' }[] }
  return { ...kept, seats: Object.fromEntries(seats.map(({ id, how }) => [id, how])) }
}

function entered(room: ScriptedRoom, seat: string | null, isNewSeat = false): EnteredRoom {
  const { tick } = room
  const state = JSON.stringify(stateOf(room))
  return {
    name: 'counter',
    version: 1,
    seat,
    isNewSeat,
    tickMs: 0,
    startMs: 0,
    types: null,
    inputs: [],
    seats: {},
    view: 0,
    tick,
    state,
    hash: 0,
  }
}
