import { toError } from '../base/assert.ts'
import type { Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import { CONTROL_CHANNEL, DiskFull, type CommitResult, type Store, type Transaction } from '../store/store.ts'

/** A fault that lasts is logged again after this time, not for each commit. */
const LOG_EVERY_MS = 5_000
/** The store is tried at most this often, however often /ready is requested. */
const TRY_EVERY_MS = 500

/** A trial has a change and an event, which nobody reads. It is too large to fit into a free page that is left. */
const TRIAL_BYTES = 64 * 1024
const TRIAL: Transaction = {
  puts: [{ key: 'meta/trial', value: new Uint8Array(TRIAL_BYTES) }],
  log: [{ channel: CONTROL_CHANNEL, body: Buffer.from(JSON.stringify({ trial: 'x'.repeat(TRIAL_BYTES) })) }],
  durable: true,
}

export interface HealthyStore {
  readonly store: Store
  /**
   * Resolves to why the store accepts no writes, or to undefined if it does. After a failed commit this tries another one,
   * because there may be no traffic that does.
   */
  readonly readFault: () => Promise<string | undefined>
  /** Whether the store accepted the last commit. */
  readonly isUp: () => boolean
}

/** Wraps a store and notes whether it accepts writes, for /ready and the log. */
export function watchHealth(store: Store, log: Log, clock: Clock): HealthyStore {
  let fault: Error | undefined
  let loggedAtMs = -Infinity
  let triedAtMs = -Infinity
  const onFault = (error: Error) => {
    fault = error
    if (clock.nowMs() - loggedAtMs < LOG_EVERY_MS) return
    loggedAtMs = clock.nowMs()
    log.error({ err: error }, 'the store takes no writes')
  }
  const commit = async (transaction: Transaction): Promise<CommitResult> => {
    try {
      const result = await store.commit(transaction)
      // On a full disk, events and deletes still succeed, so they do not show that the fault is over.
      if (fault instanceof DiskFull && !transaction.puts?.length) return result
      if (fault) log.info('the store takes writes again')
      fault = undefined
      return result
    } catch (cause) {
      onFault(toError(cause))
      throw cause
    }
  }
  return {
    store: {
      epoch: store.epoch,
      limits: store.limits,
      get: (keys) => store.get(keys),
      list: (prefix, page) => store.list(prefix, page),
      follow: (follower) => store.follow(follower),
      history: (range, onBatch) => store.history(range, onBatch),
      close: () => store.close(),
      commit,
    },
    isUp: () => fault === undefined,
    readFault: async () => {
      if (fault && clock.nowMs() - triedAtMs > TRY_EVERY_MS) {
        triedAtMs = clock.nowMs()
        await commit(TRIAL).catch(toError)
      }
      return fault?.message
    },
  }
}
