import type { Outcome } from '../games/entries.ts'
import { mergePatchOf } from '../games/sync/merge-patch.ts'
import type { Tree } from '../games/sync/shape.ts'
import { hashOf } from '../games/sync/tree-hash.ts'
import type { GameRun } from '../games/run.ts'
import type { Note, Part, RecordingHead } from '../games/recording/format.ts'
import type { Difference, PlayedTick, PlayReport } from '../games/recording/play.ts'
import { thrownText } from '../host/author-place.ts'
import { factsOf } from '../host/entry-facts.ts'

export interface ReplayLinesOptions {
  readonly isJson: boolean
  /** If true, ticks are not printed. */
  readonly isSummary: boolean
  /** If true, ticks without entries are printed, too, if they change anything. */
  readonly isAll: boolean
  /** Writes one line, given without its line break. */
  readonly write: (line: string) => void
}

/** An entry of a tick, and its outcome. */
interface EntryLine {
  readonly kind: string
  readonly user: string | null
  readonly name: string | null
  readonly data: unknown
  readonly error: string | null
}

/** Writes a replay as lines of text or of JSON. */
export class ReplayLines {
  readonly #options: ReplayLinesOptions
  #shown: Tree | undefined

  constructor(options: ReplayLinesOptions) {
    this.#options = options
  }

  head(head: RecordingHead): void {
    if (this.#isJson({ recording: head })) return
    const { room, game, version, began, tick, at, server, seed, options } = head
    const from =
      began === 'start'
        ? 'from its first tick'
        : `from its checkpoint of tick ${tick}: the room was not recorded before it failed`
    this.#write(`room ${room}, game ${game}, version ${version}, ${from}`)
    this.#write(
      `begun ${new Date(at).toISOString()} by Drumbeat ${server}, seed ${seed}, options ${JSON.stringify(options)}`,
    )
  }

  part({ why, tick, version }: Part, run: GameRun): void {
    this.#shown = run.tree
    const state = mergePatchOf(run.shape, undefined, run.tree)
    if (this.#isJson({ part: why, tick, version, state: JSON.parse(state) as unknown }) || this.#options.isSummary)
      return
    this.#write(PART_TEXTS[why])
    this.#write(`tick ${tick}`)
    this.#write(`      ${state}`)
  }

  note({ tick, what }: Note): void {
    if (this.#options.isSummary || this.#isJson({ note: what, tick })) return
    this.#write(NOTE_TEXTS[what])
  }

  tick({ run, record, result }: PlayedTick): void {
    const { isSummary, isAll } = this.#options
    if (isSummary) return
    const recorded = record()
    const entries =
      recorded?.entries.map((entry, i) => ({ ...factsOf(entry), error: errorOf(result.outcomes[i]) })) ?? []
    const failures = result.failures.map(({ callback, error }) => `${callback} threw ${thrownText(error)}`)
    const isChanged = this.#shown !== run.tree
    const hash = recorded?.hash ?? null
    if (entries.length === 0 && failures.length === 0 && !(isAll && (isChanged || hash !== null)) && !result.ending)
      return
    const changes = isChanged ? mergePatchOf(run.shape, this.#shown, run.tree) : undefined
    this.#shown = run.tree
    const hashes = hash === null ? {} : { hash, replayed: hashOf(run.shape, run.tree) }
    const line = {
      tick: result.tick,
      entries,
      failures,
      ...hashes,
      changes: changes === undefined ? {} : (JSON.parse(changes) as unknown),
    }
    if (this.#isJson(line)) return
    this.#write(`tick ${result.tick}`)
    for (const entry of entries) this.#write(`  ${textOf(entry)}`)
    for (const failure of failures) this.#write(`  ! ${failure}`)
    if (changes !== undefined) this.#write(`      ${changes}`)
  }

  /** @param other what the replay was compared with */
  end({ run, ticks, hashes, states, end, torn, otherVersions }: PlayReport, other: string): void {
    const passed = otherVersions.map(({ version, tick }) => ({ version, tick }))
    const isEnd = { end: end ?? null, torn: torn ?? null, other_versions: passed }
    if (this.#isJson({ played: { ticks, tick: run?.tick ?? null, hashes, states }, ...isEnd })) return
    if (end)
      this.#write(
        `the end: ${end.why} in tick ${end.tick}${end.message === null ? '' : `: ${end.message}`}${resultText(end.result)}`,
      )
    if (torn !== undefined) this.#write(`torn: ${torn}`)
    for (const { version, tick } of passed)
      this.#write(`from tick ${tick} on, version ${version} played the room; that part is not compared`)
    this.#write(`${ticks} ticks played; ${hashes} hashes and ${states} whole states are the same as in ${other}`)
  }

  difference({ tick, sameUpTo, what }: Difference, other: string): void {
    if (this.#isJson({ difference: { tick, same_up_to: sameUpTo, what }, other })) return
    const since = sameUpTo === null ? 'nothing was compared before' : `it was the same up to tick ${sameUpTo}`
    this.#write(`DIFFERENT from ${other} in tick ${tick} (${since}): ${what}`)
  }

  compared(ticks: number, other: string): void {
    if (!this.#isJson({ compared: { ticks }, other })) this.#write(`${ticks} ticks are the same as in ${other}`)
  }

  #isJson(line: object): boolean {
    if (this.#options.isJson) this.#write(JSON.stringify(line))
    return this.#options.isJson
  }

  #write(line: string): void {
    this.#options.write(line)
  }
}

const PART_TEXTS: Readonly<Record<Part['why'], string>> = {
  start: 'the first state:',
  checkpoint: 'the first known state:',
  'other code': 'the game was loaded again and continues from here:',
  gap: 'a part is missing; the room continues from here:',
}
const NOTE_TEXTS: Readonly<Record<Note['what'], string>> = {
  'host died': '-- the host died; the room continued in another one',
  'host replaced': '-- the host was replaced; the room continued in another one',
  'server restarted': '-- the server was restarted; the room continued',
}

function textOf({ kind, user, name, data, error }: EntryLine): string {
  const words = [kind, user, name].filter((word) => word !== null)
  const value = data === null ? '' : ` ${JSON.stringify(data)}`
  return `${words.join(' ')}${value}${error === null ? '' : ` -> ${error}`}`
}

function errorOf(outcome: Outcome | undefined): string | null {
  if (!outcome || outcome.kind === 'done') return null
  if (outcome.kind === 'failed') return 'GAME_FAILED'
  const { code, details } = outcome
  return code === 'REFUSED' ? `refused ${String(details?.['code'])}` : code
}

function resultText(result: unknown): string {
  return result === null ? '' : `, result ${JSON.stringify(result)}`
}
