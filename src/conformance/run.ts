import { systemClock } from '../base/clock.ts'
import { toError } from '../base/assert.ts'
import type { Case, Need } from './case.ts'
import { Skip } from './expect.ts'
import { Lab, type Target } from './lab.ts'

export interface CaseResult {
  readonly id: string
  readonly section: number
  readonly checks: string
  readonly outcome: 'ok' | 'failed' | 'skipped'
  /** What was expected and what came, or why the case was skipped. Absent if the case passed. */
  readonly detail?: string
  readonly tookMs: number
}

const WANTED: Readonly<Record<Need, string>> = {
  secret: 'the key of tokens (--token-secret)',
  admin: 'the admin token (--admin-token)',
}

/** Runs the cases one after the other. Each gets an outcome, whatever happens in it. */
export async function runCases(
  cases: readonly Case[],
  target: Target,
  onResult: (result: CaseResult) => void = () => {},
): Promise<readonly CaseResult[]> {
  const results: CaseResult[] = []
  for (const one of cases) {
    const result = await runCase(one, target)
    results.push(result)
    onResult(result)
  }
  return results
}

async function runCase({ id, section, checks, needs = [], run }: Case, target: Target): Promise<CaseResult> {
  const startedMs = systemClock.nowMs()
  const ended = (outcome: CaseResult['outcome'], detail?: string): CaseResult => {
    const tookMs = Math.round(systemClock.nowMs() - startedMs)
    return { id, section, checks, outcome, ...(detail === undefined ? {} : { detail }), tookMs }
  }
  const missing = needs.filter((need) => !(need === 'secret' ? target.secret : target.adminToken))
  if (missing.length > 0) return ended('skipped', `needs ${missing.map((need) => WANTED[need]).join(' and ')}`)
  const lab = new Lab(target)
  const thrown = (await attempt(() => run(lab))) ?? (await attempt(() => lab.end()))
  if (thrown === undefined) return ended('ok')
  // Cleans up even if the case has failed.
  await attempt(() => lab.end())
  return ended(thrown instanceof Skip ? 'skipped' : 'failed', thrown.message)
}

/** Resolves to what was thrown, or to undefined. */
async function attempt(action: () => Promise<void>): Promise<Error | undefined> {
  try {
    await action()
    return undefined
  } catch (thrown) {
    return toError(thrown)
  }
}
