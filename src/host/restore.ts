import { toError } from '../base/assert.ts'
import type { Game } from '../games/define.ts'
import { decodeTick, type TickRecord } from '../games/journal.ts'
import { resume } from '../games/migrate.ts'
import type { GameRun } from '../games/run.ts'
import { hashOf } from '../games/sync/tree-hash.ts'
import type { RestoreRoom } from '../link/methods/host.ts'
import { Refusal } from '../protocol/errors.ts'
import { authorPlace } from './author-place.ts'
import type { Outbound } from './outbound.ts'
import { Room } from './room.ts'
import { decodeCheckpoint, type RoomCheckpoint } from './room-checkpoint.ts'
import type { RoomServices } from './room-services.ts'
import type { TaskUnderWay } from './tasks.ts'

export interface RestoreOptions {
  readonly args: RestoreRoom
  readonly games: ReadonlyMap<string, Game>
  readonly services: RoomServices
  readonly out: Outbound
}

/** Ticks without a record that are made up for before the room is here: ten seconds of a fast one. */
const AHEAD_MAX = 1_200
/** One whose ticks take long must not keep the host from others, nor from saying that it lives: what is left then is late as any tick may be. */
const AHEAD_MS_MAX = 100

/**
 * A room that another host had, as it was: the checkpoint, the records behind it, then the ticks that were due meanwhile. The room may be over
 * when this returns.
 * @throws GAME_NOT_FOUND; GAME_FAILED if its state cannot be used any more
 */
export function restoreRoom({ args, games, services, out }: RestoreOptions): Room {
  const checkpoint = decodeCheckpoint(args.checkpoint)
  const game = gameOf(games, checkpoint)
  const { handle, isOtherCode = false, awaySinceMs } = args
  services.watch.room(handle, game.name, checkpoint.tick)
  const room = new Room(handle, resumeRun(game, checkpoint, services.nowMs()), services)
  const tasks = new Map(checkpoint.host.tasks.map((task) => [task.run, task]))
  const how = { tasks, out, isOtherCode }
  for (const bytes of args.records) replay(room, decodeTick(bytes), how)
  if (awaySinceMs !== undefined) replaySeen(room, checkpoint.hz, how)
  room.views.replayed()
  const nowMs = services.nowMs()
  room.seating.restore(room.run.seats, new Map(awaySinceMs === undefined ? checkpoint.host.goneAtMs : []), nowMs)
  if (room.isClosed) return room
  for (const task of tasks.values()) room.tasks.start(task)
  if (awaySinceMs !== undefined) {
    comeBack(room, { awaySinceMs, nowMs, out })
    return room
  }
  const untilMs = nowMs + AHEAD_MS_MAX
  for (let i = 0; i < AHEAD_MAX && !room.isClosed && game.hz > 0 && (room.dueMs ?? Infinity) <= nowMs; i++) {
    if (services.nowMs() > untilMs) break
    room.tick(room.dueMs ?? nowMs, out)
  }
  // What bots had said was not in the journal, and there is no tick behind which they are asked.
  if (game.hz === 0) room.think()
  return room
}

/**
 * Ticks behind the last record that clients may have seen: nothing had come in in them, or they would have one, as the next tick with a checkpoint would.
 * @param hz of the game that has written the journal
 */
function replaySeen(room: Room, hz: number, how: Replay): void {
  if (hz === 0 || room.game.hz === 0) return
  const next = (Math.floor(room.run.tick / hz) + 1) * hz
  while (!room.isClosed && room.run.tick < next - 1) replayTick(room, EMPTY, how)
}

/** The room's time goes on from here, by an entry of its journal. */
function comeBack(
  room: Room,
  { awaySinceMs, nowMs, out }: { readonly awaySinceMs: number; readonly nowMs: number; readonly out: Outbound },
): void {
  const { run, game } = room
  const stoppedAtMs = game.hz > 0 ? run.dueMs(run.tick + 1) : Math.max(awaySinceMs, run.nowMs)
  const stoodMs = Math.floor(nowMs - stoppedAtMs)
  // It was so short that what was seen is not due yet.
  if (stoodMs > 0) {
    room.push({ entry: { kind: 'returned', stoodMs } })
    room.tick(nowMs, out)
  }
  if (!room.isClosed) room.tellListing(true, out)
  if (game.hz === 0) room.think()
}

/** Throws GAME_NOT_FOUND. */
export function gameOf(games: ReadonlyMap<string, Game>, { game: name }: RoomCheckpoint): Game {
  const game = games.get(name)
  if (game) return game
  throw new Refusal('GAME_NOT_FOUND', `there is no game "${name}"`)
}

/** Throws GAME_FAILED, which says why. */
export function resumeRun(game: Game, checkpoint: RoomCheckpoint, nowMs: number): GameRun {
  try {
    return resume(game, checkpoint, nowMs)
  } catch (thrown) {
    const place = authorPlace(thrown)
    throw new Refusal('GAME_FAILED', `${toError(thrown).message}${place === undefined ? '' : ` (${place})`}`)
  }
}

interface Replay {
  readonly tasks: Map<number, TaskUnderWay>
  readonly out: Outbound
  readonly isOtherCode: boolean
}

/** Ticks between records had no entries. */
function replay(room: Room, record: TickRecord, how: Replay): void {
  if (room.isClosed || record.tick <= room.run.tick) return
  if (room.game.hz > 0) while (room.run.tick < record.tick - 1) replayTick(room, EMPTY, how)
  if (room.isClosed) return
  for (const entry of record.entries)
    if (entry.kind === 'result' || entry.kind === 'failedTask') how.tasks.delete(entry.run)
  replayTick(room, record, how)
  if (how.isOtherCode || record.hash === null || record.hash === hashOf(room.run.shape, room.run.tree)) return
  const { services, run, game } = room
  services.metrics.otherHash()
  services.log.error(
    { room: run.roomId, game: game.name, tick: run.tick, hash: hashOf(run.shape, run.tree), was: record.hash },
    'a room came to another state in its replay: the game uses something that is no part of its state',
  )
}

function replayTick(
  room: Room,
  { entries, nowMs }: Pick<TickRecord, 'entries' | 'nowMs'>,
  { tasks, out }: Replay,
): void {
  if (room.isClosed) return
  const result = room.run.step(entries, nowMs)
  const said = result.effects.filter((effect) => {
    if (effect.kind === 'task') tasks.set(effect.run, effect)
    // What is logged was logged before.
    return effect.kind !== 'task' && effect.kind !== 'log'
  })
  room.say({ ...result, effects: said }, [], out)
}

const EMPTY = { entries: [], nowMs: 0 } as const
