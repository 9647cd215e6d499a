import type { Clock } from '../../base/clock.ts'
import type { Random } from '../../base/random.ts'
import type { Link } from '../../link/link.ts'
import type { PrimaryMethods } from '../../link/methods/primary.ts'
import type { WorkerMethods } from '../../link/methods/worker.ts'
import type { Namespace } from '../../protocol/ids.ts'
import type { SharedAnswers } from '../shared-answers.ts'
import type { ValueOf } from '../../protocol/shapes/build.ts'
import type { RECORDING } from '../../protocol/shapes/recordings.ts'

/** The recordings of this node. */
export interface RecordingsReader {
  /** Ids, sorted. */
  list(): readonly string[]
  /** Returns undefined if there is no such recording. */
  find(id: string): ValueOf<typeof RECORDING> | undefined
  /** The whole file. Returns undefined if there is no such recording. */
  read(id: string): Promise<Uint8Array | undefined>
}

/** What routes work with. Most of them ask the primary over the link. */
export interface RouteContext {
  readonly primary: Pick<Link<WorkerMethods, PrimaryMethods>, 'ask'>
  /** Shares the answers to what anybody may ask the primary for. */
  readonly shared: SharedAnswers
  readonly clock: Clock
  readonly random: Random
  readonly namespaces: readonly Namespace[]
  readonly roomCapacity: number
  readonly recordings: RecordingsReader
  /** The path of a page where the game can be played, or null if there is none. */
  readonly pageOf: (game: string) => string | null
  /** The settings in force. Secrets are hidden. */
  readonly describeSettings: () => unknown
}
