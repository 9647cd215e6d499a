import type { HttpLoad } from './http.ts'
import type { IdleLoad } from './idle.ts'
import type { RequestLoad } from './requests.ts'
import type { DirectLoad } from './direct.ts'
import type { JobResult } from './result.ts'
import type { SlowLoad } from './slow.ts'
import type { StormLoad } from './storm.ts'
import type { Load, Target } from '../../src/load/broadcast.ts'

/** What the generator has to do. The name is that of a file in this folder, or `broadcast` for `src/load/broadcast.ts`. */
export type Job =
  | { readonly kind: 'broadcast'; readonly load: Load }
  | { readonly kind: 'requests'; readonly load: RequestLoad }
  | { readonly kind: 'direct'; readonly load: DirectLoad }
  | { readonly kind: 'idle'; readonly load: IdleLoad }
  | { readonly kind: 'storm'; readonly load: StormLoad }
  | { readonly kind: 'slow'; readonly load: SlowLoad }
  | { readonly kind: 'http'; readonly load: HttpLoad }

/** What the bench sends to the generator's process, once. */
export interface Order {
  readonly target: Target
  readonly job: Job
}

/** What the generator reports: each phase as it begins, then a result or a failure. */
export type News = { readonly phase: string } | { readonly result: JobResult } | { readonly failed: string }
