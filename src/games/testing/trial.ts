import type { Game } from '../define.ts'
import type { TickResult } from '../entries.ts'
import { decodeTick, encodeHead, encodeTick, type JournalHead, type TickRecord } from '../journal.ts'
import { GameRefusal } from '../refuse.ts'
import { roomText } from '../room-text.ts'
import { GameRun } from '../run.ts'
import { checkRuns, type Trace } from './check-runs.ts'
import { findingOf, thrownFinding, type Finding } from './finding.ts'
import { playMoment, type Action, type Moment, type Script } from './script.ts'
import { headOf } from './simulate.ts'
import { SimulatedRoom } from './simulated-room.ts'
import { Simulation } from './simulation.ts'
import { watchSmallSteps } from './small-steps.ts'

/** What came of playing a match. */
export interface Trial {
  /** As far as it was played. */
  readonly script: Script
  readonly ticks: number
  readonly inputs: number
  readonly finding: Finding | undefined
  /** Numbers that are set and do not move. */
  readonly smallSteps: readonly Finding[]
}

export interface TrialOptions {
  readonly seed: number
  readonly options: unknown
  /** What happens next; undefined: the match ends here. */
  readonly next: (room: Simulation, index: number) => Moment | undefined
  /** Is put behind the names of users, so that a game which keeps something outside of its state does not know them. */
  readonly suffix?: string
}

/** Plays a match, then again in the ways that have to come to the same. */
export function tryMatch(game: Game, { seed, options, next, suffix = '' }: TrialOptions): Trial {
  const smallSteps: Finding[] = []
  const moments: Moment[] = []
  const trial = (finding: Finding | undefined, traces: readonly Trace[] = []): Trial => ({
    script: { seed, options, moments },
    ticks: traces.length,
    inputs: traces.reduce((count, { record }) => count + record.entries.length, 0),
    finding,
    smallSteps,
  })
  const began = begin(game, seed, options)
  if (!('head' in began)) return trial(began.finding)
  const { head } = began
  const watched = watchSmallSteps(game, (path, message) => {
    const { kind, ...rest } = findingOf('small step', room.ticks + 1, message)
    smallSteps.push({ kind, ...rest, signature: `${kind} ${path.replace(/\d+|[^.]+(?=\.)/g, '…')}` })
  })
  const simulated = SimulatedRoom.create(watched, head)
  const traces: Trace[] = []
  simulated.onStep = (record, result) => traces.push(traceOf(simulated.run, record, result))
  const room = new Simulation(simulated, encodeHead(head))
  const failure = () => room.failures[0]
  for (let i = 0; !room.ending && !failure(); i++) {
    const moment = next(room, i)
    if (!moment) break
    moments.push(moment)
    const finding = playOne(room, moment, game.hz, suffix)
    if (finding) return trial(finding, traces)
  }
  const failed = failure()
  if (failed) return trial(thrownFinding(failed.tick, failed), traces)
  return trial(checkRuns(game, head, traces), traces)
}

/** Plays a script anew. */
export function tryScript(game: Game, { seed, options, moments }: Script, suffix?: string): Trial {
  const next: TrialOptions['next'] = (_room, index) => moments[index]
  return tryMatch(game, { seed, options, next, ...(suffix === undefined ? {} : { suffix }) })
}

function begin(game: Game, seed: number, options: unknown): { head: JournalHead } | { finding: Finding | undefined } {
  try {
    const head = headOf(game, { seed, options })
    GameRun.create({ ...head, game })
    return { head }
  } catch (error) {
    // A no to the options; or options that a validator does not let through.
    if (error instanceof GameRefusal) return { finding: undefined }
    return { finding: thrownFinding(0, { callback: 'create', error }) }
  }
}

function playOne(room: Simulation, moment: Moment, hz: number, suffix: string): Finding | undefined {
  try {
    playMoment(room, { ...moment, actions: moment.actions.map((action) => named(action, suffix)) }, hz)
    return undefined
  } catch (error) {
    return thrownFinding(room.ticks, { callback: 'room', error })
  }
}

function named(action: Action, suffix: string): Action {
  return suffix === '' || !('user' in action) ? action : { ...action, user: `${action.user}${suffix}` }
}

function traceOf(run: GameRun, record: TickRecord, result: TickResult): Trace {
  // The hash is the room's business: here all is compared.
  const own = decodeTick(encodeTick({ ...record, hash: null }))
  return { record: own, outcomes: result.outcomes, room: roomText(run, result) }
}
