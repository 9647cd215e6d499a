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

/** How many ticks that nobody has seen are caught up before the room is restored: those of ten seconds of a fast room. */
const AHEAD_MAX = 1_200
/**
 * How long that may take. A room with slow ticks must not keep the host from other rooms, nor from showing that it is alive. The
 * remaining ticks are late, as any tick may be.
 */
const AHEAD_MS_MAX = 100

/**
 * Restores a room that another host had: from its checkpoint, the records after it, and the ticks that were due meanwhile. The
 * room may be over when this returns.
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
  const nowMs = services.nowMs()
  replaySeen(room, { hz: checkpoint.hz, untilMs: awaySinceMs === undefined ? nowMs : Infinity }, how)
  room.views.replayed()
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
  // What bots wanted to do was not in the journal. Bots are asked after a tick, and there may be none, so they are asked now.
  if (game.hz === 0) room.think()
  return room
}

/**
 * Runs the ticks after the last record that clients may have seen. They had no entries, or they would have a record, so they may
 * have none now, however late this is. They end before the next tick with a checkpoint, because that would have a record, too.
 * @param hz the tick rate of the game that wrote the journal
 * @param untilMs by the clock of rooms; a tick that is due later has not run
 */
function replaySeen(room: Room, { hz, untilMs }: { readonly hz: number; readonly untilMs: number }, how: Replay): void {
  if (hz === 0 || room.game.hz === 0) return
  const next = (Math.floor(room.run.tick / hz) + 1) * hz
  const isSeen = () => room.run.tick < next - 1 && room.run.dueMs(room.run.tick + 1) <= untilMs
  while (!room.isClosed && isSeen()) replayTick(room, EMPTY, how)
}

/** The time of the room goes on from now. An entry in its journal says so. */
function comeBack(
  room: Room,
  { awaySinceMs, nowMs, out }: { readonly awaySinceMs: number; readonly nowMs: number; readonly out: Outbound },
): void {
  const { run, game } = room
  const stoppedAtMs = game.hz > 0 ? run.dueMs(run.tick + 1) : Math.max(awaySinceMs, run.nowMs)
  const stoodMs = Math.floor(nowMs - stoppedAtMs)
  // Otherwise the node was away for so short a time that a tick that clients have seen is not due yet.
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

/** Throws GAME_FAILED with the reason. */
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

/** Runs the ticks up to a record. Those before it had no entries, or they would have records. */
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
    // Lines of the game were logged before.
    return effect.kind !== 'task' && effect.kind !== 'log'
  })
  room.say({ ...result, effects: said }, [], out)
}

const EMPTY = { entries: [], nowMs: 0 } as const
