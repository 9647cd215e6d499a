import type { EnteredRoom, EnteredSeat, EnterRoom } from '../link/methods/host.ts'
import type { RoomInspection } from '../link/methods/room-inspection.ts'
import { botOf } from '../games/bots.ts'
import { isStandardSchema } from '../games/standard-schema.ts'
import type { JsonValue } from '../protocol/events.ts'
import { Refusal } from '../protocol/errors.ts'
import { replyOf } from './replies.ts'
import type { RoomParts } from './room-parts.ts'

type Reply<Result> = (result: Result | Refusal) => void

/** Lets a connection in. Throws ROOM_OVER, FORBIDDEN, NOT_IN_ROOM, OVERLOADED. The game's answer is sent after a tick. */
export function enter(room: RoomParts, args: EnterRoom, reply: Reply<EnteredSeat>): void {
  const { seating, queue, services } = room
  const { user, viewer } = args
  const isNew = args.as === 'player' && !args.isBack && !seating.has(user)
  if (isNew) queue.requireRoom({})
  const entry = seating.enter(args)
  // The user is here with another connection. What waits for that user goes first.
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

/** Takes out a connection that is gone. */
export function exit(room: RoomParts, viewer: number): void {
  room.views.detach(viewer)
  room.pushAll(room.seating.exit(viewer, room.services.nowMs()))
}

/** The player gives up the seat, with all connections. Replies when that is done. */
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
    isLocked: run.isClosed,
    state: run.shape.thaw(run.tree) as JsonValue,
  }
}

/** From now on the connection sees the room. */
function attach(room: RoomParts, { viewer, user, as, encoding }: EnterRoom, isNewSeat: boolean): EnteredSeat | Refusal {
  const { seating, views, run } = room
  const seat = as === 'player' ? room.seatOf(user) : undefined
  if (!seating.viewer(viewer) || (as === 'player' && !seat)) {
    if (run.ending) return new Refusal('ROOM_OVER', 'the room is over')
    return new Refusal('NOT_IN_ROOM', 'the seat or the connection was gone before the answer')
  }
  try {
    views.attach(viewer, seat, encoding)
  } catch (error) {
    exit(room, viewer)
    return new Refusal('GAME_FAILED', 'the view of the game failed', { trace_id: room.failed('view', error) })
  }
  return { ...entryOf(room, viewer), isNewSeat, ledgerEntry: seat?.ledgerEntry ?? 0 }
}

/** The room as the connection sees it now. Throws if the connection has no view. */
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
