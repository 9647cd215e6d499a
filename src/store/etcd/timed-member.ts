import type { Clock } from '../../base/clock.ts'
import type { Member } from './etcd3.ts'

export interface CallEnd {
  /** `txn`, `range`, `lease_keep_alive` … */
  readonly call: string
  readonly durationMs: number
  readonly failed: boolean
}

/** Wraps a member to report how long each call took. */
export function timedMember(member: Member, clock: Clock, onCall: (end: CallEnd) => void): Member {
  const timed = async <T>(call: string, run: () => Promise<T>): Promise<T> => {
    const startedMs = clock.nowMs()
    let failed = true
    try {
      const result = await run()
      failed = false
      return result
    } finally {
      onCall({ call, durationMs: clock.nowMs() - startedMs, failed })
    }
  }
  return {
    endpoint: member.endpoint,
    txn: (txn, withinMs) => timed('txn', () => member.txn(txn, withinMs)),
    range: (request, withinMs) => timed('range', () => member.range(request, withinMs)),
    compact: (revision, withinMs) => timed('compact', () => member.compact(revision, withinMs)),
    leaseGrant: (ttlS, withinMs) => timed('lease_grant', () => member.leaseGrant(ttlS, withinMs)),
    leaseRevoke: (id, withinMs) => timed('lease_revoke', () => member.leaseRevoke(id, withinMs)),
    leaseKeepAlive: (id, withinMs) => timed('lease_keep_alive', () => member.leaseKeepAlive(id, withinMs)),
    watch: (request, handlers) => timed('watch', () => member.watch(request, handlers)),
    close: () => member.close(),
  }
}
