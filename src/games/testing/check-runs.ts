import type { Checkpoint } from '../checkpoint.ts'
import type { Game } from '../define.ts'
import { differenceOf } from '../difference.ts'
import type { Entry, Outcome } from '../entries.ts'
import type { JournalHead, TickRecord } from '../journal.ts'
import { roomText } from '../room-text.ts'
import { GameRun } from '../run.ts'
import { findingOf, type Finding, type FindingKind } from './finding.ts'

/** A tick as it was played. */
export interface Trace {
  readonly record: TickRecord
  readonly outcomes: readonly Outcome[]
  /** See `roomText`. */
  readonly room: string
}

/** A way to play a match again, and what it means if it comes to something else. */
interface Way {
  readonly kind: FindingKind
  readonly means: string
  readonly entries: (trace: Trace) => readonly Entry[]
  /** What becomes of the room behind each tick. */
  readonly go: (game: Game, run: GameRun) => GameRun
}

const WAYS: readonly Way[] = [
  {
    kind: 'replay',
    means:
      'a replay of the same inputs differs: the game uses something that is not in its state, such as a variable beside it',
    entries: ({ record }) => record.entries,
    go: (_game, run) => run,
  },
  {
    kind: 'refusal',
    means: 'the same match without what was refused differs: a refusal has left a trace outside of the state',
    entries: ({ record, outcomes }) => record.entries.filter((_entry, i) => outcomes[i]?.kind !== 'refused'),
    go: (_game, run) => run,
  },
  {
    kind: 'restore',
    means:
      'a room that goes on from its checkpoint differs: the game keeps something beside its state, such as a reference to a part of it, or one object stands at two places in it',
    entries: ({ record }) => record.entries,
    go: (game, run) =>
      run.ending ? run : GameRun.restore(game, JSON.parse(JSON.stringify(run.checkpoint())) as Checkpoint),
  },
]

/** Plays a match again in each way that has to come to the same. Returns the first difference. */
export function checkRuns(game: Game, head: JournalHead, traces: readonly Trace[]): Finding | undefined {
  const hasRefusals = traces.some(({ outcomes }) => outcomes.some(({ kind }) => kind === 'refused'))
  for (const way of WAYS) {
    if (way.kind === 'refusal' && !hasRefusals) continue
    const found = differenceIn(game, head, traces, way)
    if (found) return findingOf(way.kind, found.tick, `${way.means} (tick ${found.tick}: ${found.difference})`)
  }
  return undefined
}

interface Found {
  readonly tick: number
  readonly difference: string
}

function differenceIn(game: Game, head: JournalHead, traces: readonly Trace[], way: Way): Found | undefined {
  let tick = 0
  try {
    let run = GameRun.create({ ...head, options: structuredClone(head.options), game })
    for (const trace of traces) {
      tick = trace.record.tick
      const result = run.step(structuredClone(way.entries(trace)), trace.record.nowMs)
      const [failure] = result.failures
      if (failure) return { tick, difference: `${failure.callback} threw ${String(failure.error)}` }
      const text = roomText(run, result)
      if (text !== trace.room) return { tick, difference: differenceOf(JSON.parse(trace.room), JSON.parse(text)) ?? '' }
      run = way.go(game, run)
    }
    return undefined
  } catch (error) {
    return { tick, difference: String(error) }
  }
}
