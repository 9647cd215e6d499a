import type { RootDatabase } from 'lmdb'
import { StoreLost } from '../store.ts'

const OWNER = 'owner'

/**
 * Marks an environment as this process's own. On one machine a lock on the folder keeps a second instance away. The mark helps if
 * the lock is not seen, for example by two containers with one volume: the instance that opened last goes on, and the other one
 * ends.
 */
export function takeOwnership(root: RootDatabase<string, string>, runId: string): void {
  root.putSync(OWNER, runId)
}

/** Call this inside each write transaction. Throws StoreLost. */
export function requireOwnership(root: RootDatabase<string, string>, runId: string): void {
  if (!isOwner(root, runId)) throw new StoreLost('another instance has taken the data folder')
}

export function isOwner(root: RootDatabase<string, string>, runId: string): boolean {
  return root.get(OWNER) === runId
}
