import { RecentMap } from './recent-map.ts'
import { TokenBucket } from './token-bucket.ts'

export interface LineLimitOptions {
  readonly perSecond: number
  readonly burst: number
  /** How many kinds of lines are remembered. The one that was not seen for longest is forgotten first. */
  readonly kindsMax: number
}

interface Kind {
  readonly bucket: TokenBucket
  leftOut: number
}

/** Limits the lines of each kind in a log, so that a client cannot fill it by doing the same thing again and again. */
export class LineLimit {
  readonly #options: LineLimitOptions
  readonly #kinds: RecentMap<string, Kind>

  constructor(options: LineLimitOptions) {
    this.#options = options
    this.#kinds = new RecentMap(options.kindsMax)
  }

  /** Returns whether a line of this kind may be written now. If not, the line is counted. @param nowMs monotonic */
  take(kind: string, nowMs: number): boolean {
    const { perSecond, burst } = this.#options
    const known = this.#kinds.get(kind, () => ({ bucket: new TokenBucket(perSecond, burst, nowMs), leftOut: 0 }))
    const isTaken = known.bucket.take(1, nowMs)
    if (!isTaken) known.leftOut++
    return isTaken
  }

  /**
   * Returns how many lines of each kind were left out since the last call. A kind is absent if none of its lines was left out.
   */
  takeLeftOut(): readonly (readonly [kind: string, lines: number])[] {
    const left = [...this.#kinds].flatMap(([kind, known]) =>
      known.leftOut === 0 ? [] : [[kind, known.leftOut] as const],
    )
    for (const [, known] of this.#kinds) known.leftOut = 0
    return left
  }
}
