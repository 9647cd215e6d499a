import type { Clock } from '../../base/clock.ts'
import { BAN_PREFIX, banKey, isOf } from '../../connections/bans.ts'
import { bannedRecord, banLiftedRecord, kickedRecord } from '../../connections/control.ts'
import type { Handlers } from '../../link/link.ts'
import type { KickMethods, OperationMethods } from '../../link/methods/operations.ts'
import { Refusal } from '../../protocol/errors.ts'
import { toSortedPage, type Page, type PageArgs } from '../../protocol/page.ts'
import type { Ban, Banned, BannedNow, Kicked } from '../../protocol/shapes/operations.ts'
import { decodeRecord, encodeRecord } from '../../store/json-records.ts'
import type { Transaction } from '../../store/store.ts'
import { answerWith, changeInTime } from '../answer.ts'
import type { PrimaryContext } from '../context.ts'

type Needs = Pick<PrimaryContext, 'registry' | 'store' | 'hub' | 'bans' | 'clock' | 'steadyClock'>
type SweepNeeds = Pick<Needs, 'bans' | 'store'> & { readonly steadyClock: Pick<Clock, 'wallMs'> }

/** A limit, because each node holds all bans in memory. */
const BANS_MAX = 100_000
const FULL_RETRY_MS = 60_000
/** How many bans one transaction deletes. */
const SWEPT_MAX = 100

/** The methods that close connections on any node, and ban users or addresses for a time. */
export function kickMethods(context: Needs): Handlers<KickMethods> {
  const { clock, bans } = context
  return {
    kick: (whom, reply, _span, untilMs) => answerWith(changeInTime(clock, kick(context, whom), untilMs), reply),
    ban: ({ who, forMs }, reply, _span, untilMs) =>
      answerWith(changeInTime(clock, ban(context, who, forMs), untilMs), reply),
    banLift: (who, reply, _span, untilMs) => answerWith(changeInTime(clock, lift(context, who), untilMs), reply),
    banList: (page, reply) => reply(pageOf(bans.all, page)),
  }
}

/** Deletes bans that have ended from the store. */
export async function sweepBans({ bans, store, steadyClock }: SweepNeeds): Promise<void> {
  const most = Math.min(SWEPT_MAX, store.limits.operationsMax)
  for (let rest = bans.ended; rest.length > 0; rest = rest.slice(most)) {
    const ended = rest.slice(0, most)
    const records = await store.get(ended.map(banKey))
    const nowMs = steadyClock.wallMs()
    const due = ended.flatMap((ban, i) => {
      const record = records[i]
      // A ban that was renewed may be in the store before this node has heard of it.
      if (record && (decodeRecord(record) as Ban).until > nowMs) return []
      return [{ key: banKey(ban), revision: record?.revision ?? 0, ban }]
    })
    if (due.length === 0) continue
    const guards = due.map(({ key, revision }) => ({ key, revision }))
    const deletes = guards.flatMap(({ key, revision }) => (revision === 0 ? [] : [key]))
    // If a ban was renewed meanwhile, the commit fails, and the bans are deleted the next time.
    await store.commit({ guards, deletes, log: due.map(({ ban }) => banLiftedRecord(ban)), durable: true })
  }
}

/** Throws NOT_FOUND if there is no such connection, and USER_OFFLINE if the user has none. */
async function kick(context: Needs, whom: OperationMethods['kick']['args']): Promise<Kicked> {
  const { registry } = context
  const { forMs } = whom
  if ('userId' in whom) {
    const ids = Array.from(registry.ofUser(whom.userId), ({ id }) => id)
    if (forMs !== null) return ban(context, { of: 'user', id: whom.userId }, forMs)
    if (ids.length === 0) throw new Refusal('USER_OFFLINE', `"${whom.userId}" is not connected`)
    return close(context, ids)
  }
  const connection = registry.get(whom.connectionId)
  if (!connection) throw new Refusal('NOT_FOUND', 'no such connection')
  if (forMs !== null) return ban(context, { of: 'user', id: connection.userId }, forMs)
  return close(context, [connection.id])
}

async function close(context: Needs, ids: readonly string[]): Promise<Kicked> {
  await commit(context, { log: [kickedRecord(ids)], durable: false })
  return { kicked: ids.length }
}

/** Throws OVERLOADED if there are too many bans. */
async function ban(context: Needs, who: Banned, forMs: number): Promise<BannedNow> {
  const { registry, bans, steadyClock } = context
  if (bans.size >= BANS_MAX && !bans.has(who)) {
    throw new Refusal('OVERLOADED', `there are ${BANS_MAX} bans already`, { retry_after_ms: FULL_RETRY_MS })
  }
  const since = steadyClock.wallMs()
  const banned = { ...who, since, until: since + forMs }
  const kicked = [...registry.all()].filter((connection) => isOf(who, connection)).length
  const puts = [{ key: banKey(who), value: encodeRecord(banned) }]
  await commit(context, { puts, log: [bannedRecord(banned)], durable: true })
  return { ...banned, kicked }
}

/** Throws NOT_FOUND if there is no such ban. */
async function lift(context: Needs, who: Banned): Promise<null> {
  if (!context.bans.has(who)) throw new Refusal('NOT_FOUND', `there is no ban of this ${who.of}`)
  await commit(context, { deletes: [banKey(who)], log: [banLiftedRecord(who)], durable: true })
  return null
}

/** Resolves when this node has applied the log records. Other nodes apply them when they read them. */
async function commit({ store, hub }: Needs, transaction: Transaction): Promise<void> {
  const result = await store.commit(transaction)
  if (!result.committed) throw new Refusal('UNAVAILABLE', 'the store did not accept the change')
  await hub.reached(result.offset)
}

/** There may be many bans, so the place of each is computed only once. */
function pageOf(bans: readonly Ban[], page: PageArgs): Page<Ban> {
  const placed = bans.map((ban) => ({ ban, place: placeOf(ban) })).sort((a, b) => (a.place < b.place ? -1 : 1))
  const { items, next_cursor } = toSortedPage(placed, ({ place }) => place, page)
  return { items: items.map(({ ban }) => ban), next_cursor }
}

/** Returns the place of a ban in the list, as a cursor holds it. */
function placeOf(who: Banned): string {
  return Buffer.from(banKey(who).slice(BAN_PREFIX.length)).toString('base64url')
}
