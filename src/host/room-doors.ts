import type { EnteredRoom, EnteredSeat, EnterRoom } from '../link/methods/host.ts'
import type { RoomInspection } from '../link/methods/room-inspection.ts'
import { botOf } from '../games/bots.ts'
import { isStandardSchema } from '../games/standard-schema.ts'
import type { JsonValue } from '../protocol/events.ts'
import { Refusal } from '../protocol/errors.ts'
import { replyOf } from './replies.ts'
import type { RoomParts } from './room-parts.ts'

type Reply<Result> = (result: Result | Refusal) => void

/** A connection comes. Throws ROOM_OVER, FORBIDDEN, NOT_IN_ROOM, OVERLOADED; what the game says to it is replied behind a tick. */
export function enter(room: RoomParts, args: EnterRoom, reply: Reply<EnteredSeat>): void {
  const { seating, queue, services } = room
  const { user, viewer } = args
  const isNew = args.as === 'player' && !args.isBack && !seating.has(user)
  if (isNew) queue.requireRoom({})
  const entry = seating.enter(args)
  // Another connection of a user who is here; what waits for that user goes first.
  const mustWait = args.as === 'player' && queue.has(user)
  if (entry === undefined && !mustWait) {
    reply(attach(room, args, false))
    return
  }
  const isNewSeat = entry?.kind === 'join'
  room.push({
    entry: entry ?? { kind: 'back', user },
    user,
    done: (fate, tick) => {
      const refused = fate.kind === 'done' ? undefined : replyOf(room, fate, tick)
      if (refused instanceof Refusal) {
        seating.exit(viewer, services.nowMs())
        reply(refused)
      } else reply(attach(room, args, isNewSeat))
    },
  })
}

/** A connection is gone. */
export function exit(room: RoomParts, viewer: number): void {
  room.views.detach(viewer)
  room.pushAll(room.seating.exit(viewer, room.services.nowMs()))
}

/** The player gives up the seat, with all connections. Replied when that is so. */
export function leave(room: RoomParts, viewer: number, reply: Reply<null>): void {
  const { seating, views } = room
  const gone = seating.viewer(viewer)
  const connections = gone && !gone.isSpectator ? seating.connectionsOf(gone.user) : [viewer]
  const [entry] = seating.leave(viewer)
  for (const connection of connections) views.detach(connection)
  if (!entry || !gone) reply(null)
  else room.push({ entry, user: gone.user, done: () => reply(null) })
}

export function inspect({ run, seating, game, latenessMs }: RoomParts): RoomInspection {
  const goneAtMs = new Map(seating.goneAtMs)
  const heldUntilMs = (user: string) => {
    const sinceMs = goneAtMs.get(user)
    return sinceMs === undefined ? null : Math.floor(sinceMs + game.seats.holdMs)
  }
  return {
    tick: run.tick,
    latenessMs: Math.round(latenessMs),
    seats: run.seats.map((seat) => ({
      user: seat.id,
      isConnected: seat.isConnected,
      bot: seat.bot ?? null,
      standIn: (seat.bot === undefined ? botOf(run.game, seat) : undefined) ?? null,
      fills: seat.fills,
      team: seat.team ?? null,
      heldUntilMs: seat.bot === undefined && !seat.isConnected ? heldUntilMs(seat.id) : null,
    })),
    spectators: seating.spectators,
    isLocked: run.isLocked,
    state: run.shape.thaw(run.tree) as JsonValue,
  }
}

/** The connection sees the room from now on. */
function attach(room: RoomParts, { viewer, user, as, encoding }: EnterRoom, isNewSeat: boolean): EnteredSeat | Refusal {
  const { seating, views, run } = room
  const seat = as === 'player' ? room.seatOf(user) : undefined
  if (!seating.viewer(viewer) || (as === 'player' && !seat)) {
    if (run.ending) return new Refusal('ROOM_OVER', 'the room is over')
    return new Refusal('NOT_IN_ROOM', 'the seat or the connection was gone before it was answered')
  }
  try {
    views.attach(viewer, seat, encoding)
  } catch (error) {
    exit(room, viewer)
    return new Refusal('GAME_FAILED', 'the view of the game failed', { trace_id: room.failed('view', error) })
  }
  return { ...entryOf(room, viewer), isNewSeat, ledgerEntry: seat?.ledgerEntry ?? 0 }
}

/** The room as the connection sees it now. Throws if it sees nothing. */
export function entryOf(room: RoomParts, viewer: number): EnteredRoom {
  const { seating, views, run, game } = room
  const { user, isSpectator } = seating.viewer(viewer) ?? NOBODY
  const seat = isSpectator ? undefined : room.seatOf(user)
  return {
    ...views.snapshotOf(viewer),
    name: game.name,
    version: game.version,
    seat: seat?.id ?? null,
    isNewSeat: false,
    tickMs: game.hz === 0 ? 0 : 1000 / game.hz,
    startMs: run.startMs,
    types: game.viewType as JsonValue,
    inputs: Array.from(game.inputs, ([name, { type, keep }]) => ({
      name,
      keep,
      type: isStandardSchema(type) ? null : (type as JsonValue),
    })),
  }
}

const NOBODY = { user: '', isSpectator: true } as const
