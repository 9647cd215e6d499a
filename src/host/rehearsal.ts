import type { Game } from '../games/define.ts'
import type { Seat } from '../games/definition.ts'
import type { Failure } from '../games/entries.ts'
import { decodeTick } from '../games/journal.ts'
import type { GameRun } from '../games/run.ts'
import { View, viewKeyOf } from '../games/views.ts'
import type { RestoreRoom } from '../link/methods/host.ts'
import { Refusal } from '../protocol/errors.ts'
import { thrownText } from './author-place.ts'
import { gameOf, resumeRun } from './restore.ts'
import { decodeCheckpoint } from './room-checkpoint.ts'
import type { RoomServices } from './room-services.ts'

/** How long the next ticks may take together. If they are slow, fewer of them are tried. */
const REHEARSAL_MS = 20

/** Does what `HostMethods.rehearse` says. It has no effects outside of this function. Throws GAME_NOT_FOUND or GAME_FAILED. */
export function rehearse(
  { handle, checkpoint: text, records }: RestoreRoom,
  games: ReadonlyMap<string, Game>,
  { watch, nowMs }: Pick<RoomServices, 'watch' | 'nowMs'>,
): void {
  const checkpoint = decodeCheckpoint(text)
  const game = gameOf(games, checkpoint)
  watch.room(handle, game.name, checkpoint.tick)
  const run = resumeRun(game, checkpoint, nowMs())
  for (const bytes of records) replay(run, bytes)
  if (game.hz > 0) tryTicks(run, nowMs)
  if (!run.ending) look(run)
}

/** Failures while entries are handled are ignored, because each of them costs only its entry. */
function replay(run: GameRun, bytes: Uint8Array): void {
  const { tick, entries, nowMs } = decodeTick(bytes)
  if (tick <= run.tick) return
  if (run.game.hz > 0) while (run.tick < tick - 1 && !run.ending) run.step([], nowMs)
  if (!run.ending) run.step(entries, nowMs)
}

/** Runs the ticks of up to a second, and at least one. */
function tryTicks(run: GameRun, nowMs: () => number): void {
  const untilMs = nowMs() + REHEARSAL_MS
  for (let i = 0; i < run.game.hz && !run.ending; i++) {
    const [failure] = run.step([], 0).failures
    if (failure) throw failed(failure)
    if (nowMs() > untilMs) return
  }
}

/** Computes all views of the room and its listing. */
function look(run: GameRun): void {
  const { game } = run
  const { listing } = game.rules
  const seats: (Seat | undefined)[] = game.seats.spectators ? [undefined, ...run.seats] : [...run.seats]
  attempt('view', () => {
    const keys = new Set(seats.map((seat) => viewKeyOf(game, run, seat)))
    return Array.from(keys, (key) => new View(run, key, { number: 0, ticksKept: 0 }))
  })
  if (listing) attempt('listing', () => run.read('listing', listing))
}

function attempt(callback: string, act: () => unknown): void {
  try {
    act()
  } catch (error) {
    throw failed({ callback, error })
  }
}

function failed({ callback, error }: Failure): Refusal {
  return new Refusal('GAME_FAILED', `${callback} threw ${thrownText(error)}`)
}
