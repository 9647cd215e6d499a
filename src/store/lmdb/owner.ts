import type { RootDatabase } from 'lmdb'
import { StoreLost } from '../store.ts'

const OWNER = 'owner'

/**
 * Marks an environment as this run's. The lock on the folder keeps a second instance away on one machine; where it cannot
 * see one (two containers with one volume), the mark does: whoever opened last goes on, and the other one ends.
 */
export function takeOwnership(root: RootDatabase<string, string>, runId: string): void {
  root.putSync(OWNER, runId)
}

/** To be called inside each write transaction. Throws StoreLost. */
export function requireOwnership(root: RootDatabase<string, string>, runId: string): void {
  if (!isOwner(root, runId)) throw new StoreLost('another instance has taken the data folder')
}

export function isOwner(root: RootDatabase<string, string>, runId: string): boolean {
  return root.get(OWNER) === runId
}
