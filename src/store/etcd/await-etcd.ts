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
  /** Why TLS with an endpoint fails, for operators; undefined if it does not. Does not reject. */
  readonly findTlsFault: (endpoint: string, withinMs: number) => Promise<string | undefined>
  readonly dialTimeoutMs: number
  readonly startTimeoutMs: number
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
}

/** etcd answered, and does not let this node in. */
export class EtcdRefused extends Error {
  override readonly name = 'EtcdRefused'
}

const RETRY_MS = 500
const RENEW_MS = 500
const PROBE_MS = 1_000
/** Counted up with each change of what is stored that an older version would misread. */
const SCHEMA = 1

/**
 * Waits until an endpoint answers with a quorum behind it, and gives the epoch of the log: made once for all nodes, and
 * another one where the data was put into another etcd cluster.
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

/** The settings to look at. */
function hintOf({ message }: Error): string {
  const isOfLogin = /authentication|user name|permission denied/.test(message)
  return isOfLogin ? ' (ETCD_USERNAME and ETCD_PASSWORD say who this node is, and ETCD_PREFIX where it writes)' : ''
}

/**
 * Gives the log of a restored etcd another epoch, if it still has this node's: else clients would resume in it with cursors of
 * events that are gone. Whoever is first does it for all. Never rejects: those who restore are told to do it themselves.
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
  // A text that is no number is nothing that this version wrote.
  if (!(schema <= SCHEMA)) throw new NewerSchema(schema, SCHEMA)
  timeline.epoch = found(response, at)?.value ?? timeline.epoch
  return `${timeline.epoch.toString()}-${BigInt(response.header.cluster_id).toString(36)}`
}
