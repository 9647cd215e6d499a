import type { Checkpoint } from '../checkpoint.ts'
import type { Game } from '../define.ts'
import { differenceOf } from '../difference.ts'
import { decodeTick } from '../journal.ts'
import { resume } from '../migrate.ts'
import type { GameRun } from '../run.ts'
import { RecordingError } from './format.ts'
import { playRecording, toValue, type Difference, type PlayOptions, type PlayReport } from './play.ts'
import type { Recording } from './read.ts'

/** What came of playing a recording by two builds of a game. */
export interface BuildsReport {
  readonly report: PlayReport
  /** Of the second build from the first; what was held against is called `was`. */
  readonly difference: Difference | undefined
}

/**
 * Plays a recording by a game, and the same ticks by another build of it.
 * @throws RecordingError as `playRecording`
 */
export function compareBuilds(game: Game, other: Game, recording: Recording, options: PlayOptions = {}): BuildsReport {
  if (other.name !== game.name) throw new RecordingError(`${other.name} is another game than ${game.name}`)
  let second: GameRun | undefined
  let sameUpTo: number | null = null
  let difference: Difference | undefined
  const compare = (first: GameRun) => {
    if (!second || difference) return
    const what = differenceOf(withoutVersion(first.checkpoint()), withoutVersion(second.checkpoint()))
    if (what === undefined) sameUpTo = first.tick
    else difference = { tick: first.tick, sameUpTo, what }
  }
  const report = playRecording(game, recording, {
    ...options,
    onPart: (part, run) => {
      options.onPart?.(part, run)
      second = resumed(other, run)
      compare(run)
    },
    onTick: (played) => {
      options.onTick?.(played)
      if (!second || difference) return
      const { entries = [], nowMs = 0 } = played.record() ?? {}
      if (second.ending) difference = { tick: played.run.tick, sameUpTo, what: 'it is over, and was not' }
      else second.step(entries, nowMs)
      compare(played.run)
    },
  })
  return { report, difference }
}

/** What the hosts' checkpoint would be. */
function resumed(game: Game, run: GameRun): GameRun {
  try {
    return resume(game, JSON.parse(JSON.stringify(run.checkpoint())) as Checkpoint)
  } catch (cause) {
    throw new RecordingError(cause instanceof Error ? cause.message : String(cause), { cause })
  }
}

function withoutVersion(checkpoint: Checkpoint): unknown {
  const { version: _version, hz: _hz, ...room } = toValue(JSON.parse(JSON.stringify(checkpoint)) as Checkpoint)
  return room
}

/** What a recording has of one tick. */
interface Moment {
  readonly tick: number
  /** JSON; undefined: nothing entered. */
  entries?: string
  hash?: number
  state?: unknown
}

export interface RecordingsReport {
  /** Ticks of which something was compared. */
  readonly ticks: number
  readonly difference: Difference | undefined
}

/** Two recordings, tick by tick: what entered, the hashes, and the whole states. No game is played. */
export function compareRecordings(one: Recording, other: Recording, toTick = Infinity): RecordingsReport {
  const [a, b] = [one.head, other.head]
  if (a.game !== b.game) throw new RecordingError(`a recording of the game ${a.game}, and one of ${b.game}`)
  const isSameRoom = a.room === b.room
  const [first, second] = [momentsOf(one, isSameRoom), momentsOf(other, isSameRoom)]
  let [left, right] = [next(first), next(second)]
  let ticks = 0
  let sameUpTo: number | null = null
  /** Of a hash: the next whole state says where. */
  let found: Difference | undefined
  while (left && right && Math.min(left.tick, right.tick) <= toTick) {
    const tick: number = Math.min(left.tick, right.tick)
    const [was, is] = [left.tick === tick ? left : undefined, right.tick === tick ? right : undefined]
    const what = differenceIn(was, is)
    if (found && was?.state !== undefined && is?.state !== undefined)
      return { ticks, difference: { ...found, what: differenceOf(was.state, is.state) ?? found.what } }
    if (what && !found) {
      found = { tick, sameUpTo, what: what.text }
      if (!what.isHash) break
    }
    if (was && is && !found) {
      ticks++
      sameUpTo = tick
    }
    if (was) left = next(first)
    if (is) right = next(second)
  }
  return { ticks, difference: found }
}

function differenceIn(
  was: Moment | undefined,
  is: Moment | undefined,
): { readonly text: string; readonly isHash: boolean } | undefined {
  if (was?.entries !== is?.entries) {
    const text = `what entered is ${is?.entries ?? 'nothing'}, and was ${was?.entries ?? 'nothing'}`
    return { text, isHash: false }
  }
  if (was?.state !== undefined && is?.state !== undefined) {
    const text = differenceOf(was.state, is.state)
    if (text !== undefined) return { text, isHash: false }
  }
  if (was?.hash === undefined || is?.hash === undefined || was.hash === is.hash) return undefined
  return { text: `the hash of the state is ${is.hash}, and was ${was.hash}`, isHash: true }
}

function next(moments: Iterator<Moment, void>): Moment | undefined {
  const { done, value } = moments.next()
  return done === true ? undefined : value
}

/** In the order of ticks; of what was played again, by a part that begins earlier, only what is new. */
function* momentsOf(recording: Recording, isSameRoom: boolean): Generator<Moment, void, undefined> {
  let waiting: Moment[] = []
  let given = -1
  const at = (tick: number): Moment => {
    const known = waiting.find((moment) => moment.tick === tick)
    if (known) return known
    const moment: Moment = { tick }
    waiting.push(moment)
    return moment
  }
  for (const item of recording.items()) {
    if (item.kind === 'record') {
      const { tick, entries, hash } = decodeTick(item.bytes)
      if (tick <= given) continue
      const moment = at(tick)
      if (entries.length > 0) moment.entries = JSON.stringify(entries)
      if (hash !== null) moment.hash = hash
    } else if (item.kind === 'checkpoint') {
      const checkpoint = JSON.parse(item.text) as Checkpoint
      if (checkpoint.tick <= given) continue
      at(checkpoint.tick).state = stateOf(checkpoint, isSameRoom)
      // What is of later ticks may have come before it.
      const ready = waiting.filter(({ tick }) => tick <= checkpoint.tick).sort((a, b) => a.tick - b.tick)
      waiting = waiting.filter(({ tick }) => tick > checkpoint.tick)
      yield* ready
      given = checkpoint.tick
    }
  }
  yield* waiting.sort((a, b) => a.tick - b.tick)
}

/** Without what is another in each room. */
function stateOf(checkpoint: Checkpoint, isSameRoom: boolean): unknown {
  const value = toValue(checkpoint)
  if (isSameRoom) return value
  const { roomId: _room, startMs: _start, nowMs: _now, ...rest } = value
  return rest
}
