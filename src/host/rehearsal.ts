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

/** How long the next ticks may take: one that takes long is tried for as many as that. */
const REHEARSAL_MS = 20

/** See `HostMethods.rehearse`: nothing of it leaves this function. */
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

/** What is wrong with what comes in is not looked at: it costs no more than that. */
function replay(run: GameRun, bytes: Uint8Array): void {
  const { tick, entries, nowMs } = decodeTick(bytes)
  if (tick <= run.tick) return
  if (run.game.hz > 0) while (run.tick < tick - 1 && !run.ending) run.step([], nowMs)
  if (!run.ending) run.step(entries, nowMs)
}

/** A second of them, and at least one. */
function tryTicks(run: GameRun, nowMs: () => number): void {
  const untilMs = nowMs() + REHEARSAL_MS
  for (let i = 0; i < run.game.hz && !run.ending; i++) {
    const [failure] = run.step([], 0).failures
    if (failure) throw failed(failure)
    if (nowMs() > untilMs) return
  }
}

/** What everybody sees of it, and a search. */
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
