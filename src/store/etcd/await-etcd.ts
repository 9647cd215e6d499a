import { toError } from '../../base/assert.ts'
import type { Clock } from '../../base/clock.ts'
import { delay } from '../../base/delay.ts'
import type { Log } from '../../base/log.ts'
import type { Random } from '../../base/random.ts'
import { NewerSchema, StoreUnavailable } from '../store.ts'
import type { Member } from './etcd3.ts'
import { failureOf } from './failure.ts'
import type { Timeline } from './timeline.ts'
import type { Keys } from './keys.ts'
import type { Members } from './members.ts'
import { found, isSince, put, read } from './requests.ts'

export interface AwaitOptions {
  readonly members: Members
  readonly keys: Keys
  readonly timeline: Timeline
  readonly endpoints: readonly string[]
  /** Finds out for operators why TLS with an endpoint fails. Resolves to undefined if TLS works. Never rejects. */
  readonly findTlsFault: (endpoint: string, withinMs: number) => Promise<string | undefined>
  readonly dialTimeoutMs: number
  readonly startTimeoutMs: number
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
}

/** etcd answered that it does not let this node in. */
export class EtcdRefused extends Error {
  override readonly name = 'EtcdRefused'
}

const RETRY_MS = 500
const RENEW_MS = 500
const PROBE_MS = 1_000
/** Is raised by one with each change of the stored data that an older version would misread. */
const SCHEMA = 1

/**
 * Waits until an endpoint answers that has a quorum. Resolves to the epoch of the log. All nodes share it; it changes if the data
 * was put into another etcd cluster.
 * @throws StoreUnavailable, EtcdRefused, NewerSchema
 */
export async function awaitEtcd(options: AwaitOptions): Promise<string> {
  const { members, clock, startTimeoutMs, dialTimeoutMs, endpoints, log, findTlsFault } = options
  const untilMs = clock.nowMs() + startTimeoutMs
  for (;;) {
    const member = members.current
    try {
      return await members.call(() => readEpoch(member, options, dialTimeoutMs))
    } catch (cause) {
      if (cause instanceof NewerSchema) throw cause
      const error = toError(cause)
      if (failureOf(error) === 'refused') {
        throw new EtcdRefused(`etcd at ${member.endpoint} refuses: ${error.message}${hintOf(error)}`, { cause })
      }
      const { endpoint } = member
      const message = (await findTlsFault(endpoint, Math.min(dialTimeoutMs, PROBE_MS))) ?? error.message
      if (clock.nowMs() + RETRY_MS > untilMs) {
        throw new StoreUnavailable(`none of ${endpoints.join(', ')} answered in time: ${message}`, { cause })
      }
      log.warn({ endpoint, reason: message }, 'etcd does not answer; trying again')
      await delay(RETRY_MS)
    }
  }
}

/** Names the settings to check. */
function hintOf({ message }: Error): string {
  const isOfLogin = /authentication|user name|permission denied/.test(message)
  return isOfLogin ? ' (check ETCD_USERNAME and ETCD_PASSWORD, and whether this user may write below ETCD_PREFIX)' : ''
}

/**
 * Gives the log a new epoch after etcd was restored from a backup, if etcd still has this node's epoch. Otherwise clients would
 * resume with cursors of events that are gone. The first node does it for all. Never rejects: operators are told to do it
 * themselves.
 */
export async function renewEpoch(
  members: readonly Member[],
  { keys, timeline, random }: Pick<AwaitOptions, 'keys' | 'timeline' | 'random'>,
): Promise<void> {
  const txn = {
    compare: [timeline.comparison],
    success: [put(keys.epoch, Buffer.from(random.token()))],
    failure: [],
  }
  await Promise.allSettled(members.map((member) => member.txn(txn, RENEW_MS)))
}

async function readEpoch(member: Member, { keys, random, timeline }: AwaitOptions, withinMs: number): Promise<string> {
  const reads = [read(keys.epoch), read(keys.schema)]
  const writes = [put(keys.epoch, Buffer.from(random.token())), put(keys.schema, Buffer.from(String(SCHEMA)))]
  const txn = { compare: [isSince(keys.epoch, 0)], success: [...writes, ...reads], failure: reads }
  const response = await member.txn(txn, withinMs)
  const at = response.succeeded ? writes.length : 0
  const schema = Number(found(response, at + 1)?.value.toString())
  // NaN also ends here: this version always writes a number.
  if (!(schema <= SCHEMA)) throw new NewerSchema(schema, SCHEMA)
  timeline.epoch = found(response, at)?.value ?? timeline.epoch
  return `${timeline.epoch.toString()}-${BigInt(response.header.cluster_id).toString(36)}`
}
