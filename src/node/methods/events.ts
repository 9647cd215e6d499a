import { ownCopy } from '../../base/own-copy.ts'
import type { Span } from '../../base/trace.ts'
import type { Handlers } from '../../link/link.ts'
import type { EventMethods } from '../../link/methods/events.ts'
import { parseJson } from '../../protocol/codec.ts'
import { bytesOf, eventRecord, type EncodedEvent } from '../../protocol/event-body.ts'
import { inLatestRoom, typeOfKind } from '../../protocol/event-head.ts'
import { isObject } from '../../protocol/envelope.ts'
import { Refusal } from '../../protocol/errors.ts'
import type { JsonObject } from '../../protocol/events.ts'
import { isNamespaceChannel, userChannel, type Channel, type UserId } from '../../protocol/ids.ts'
import type { PlacedEvent } from '../../protocol/placed-event.ts'
import { answerWith, changeInTime, readInTime } from '../answer.ts'
import { stateKey } from '../../rooms/retained-state.ts'
import type { PrimaryContext } from '../context.ts'
import { appendOnce } from '../once.ts'

type Needs = Pick<
  PrimaryContext,
  | 'states'
  | 'commits'
  | 'hub'
  | 'registry'
  | 'directory'
  | 'cluster'
  | 'idempotency'
  | 'store'
  | 'log'
  | 'clock'
  | 'eventShares'
  | 'metrics'
  | 'settings'
>

/** By then, states of empty rooms may have been deleted. */
const RETAIN_RETRY_MS = 1_000

/** How many events one call for a list may examine, because it blocks this thread. The cursor continues from there. */
const EVENTS_LOOKED_AT_MAX = 10_000

export function eventMethods(context: Needs): Handlers<EventMethods> {
  const { commits, registry, directory, hub, clock, eventShares, metrics } = context
  return {
    broadcast({ channel, event, state, once, isLimited }, reply, span, untilMs) {
      const waitMs = isNamespaceChannel(channel) ? eventShares.toNamespace(channel, bytesOf(event), isLimited) : 0
      if (waitMs > 0) {
        metrics.rateLimited.inc({ kind: 'namespace' })
        reply(tooMuch('RATE_LIMITED', 'all users together send too much to the whole namespace', waitMs))
        return
      }
      const giveBack = state === null ? () => {} : takePlace(context, channel, state)
      if (giveBack instanceof Refusal) {
        reply(giveBack)
        return
      }
      const put = state === null ? {} : { put: { key: stateKey(channel), value: state.json } }
      const given = eventRecord(channel, event)
      const record = directory.isLatest(channel) ? { ...given, head: inLatestRoom(given.head) } : given
      if (once) {
        const rest = () => Promise.resolve({})
        const appended = appendOnce(context, { kind: 'broadcast', once, record, ...put, rest, span, untilMs })
        void appended.catch(giveBack)
        answerWith(changeInTime(clock, appended, untilMs), reply)
        return
      }
      commits.append({ record, ...put, span, untilMs }, (result) => {
        if (result instanceof Refusal && result.code !== 'OUTCOME_UNKNOWN') giveBack()
        reply(result instanceof Refusal ? result : { offset: result })
      })
    },

    message({ target, event, once, isLimited }, reply, span, untilMs) {
      const waitMs = eventShares.toUser(target, bytesOf(event), isLimited)
      if (waitMs > 0) {
        metrics.rateLimited.inc({ kind: 'target' })
        reply(tooMuch('OVERLOADED', `all users together send too much to "${target}"`, waitMs))
        return
      }
      if (once) {
        const record = eventRecord(userChannel(target), event)
        const rest = async () => ({ delivered: await requireOnline(context, target) })
        const appended = appendOnce(context, { kind: 'message', once, record, rest, span, untilMs })
        answerWith(changeInTime(clock, appended, untilMs), reply)
      } else if (registry.countOfUser(target) > 0) sendTo(context, { target, event, span, untilMs }, reply)
      else {
        answerWith(readInTime(clock, requireOnline(context, target), untilMs), (result) => {
          if (result instanceof Refusal) reply(result)
          else sendTo(context, { target, event, span, untilMs }, reply)
        })
      }
    },

    eventList({ type, since, limit }, reply) {
      const found: JsonObject[] = []
      let cursor: number | null = null
      let looked = 0
      let last = since
      for (const placed of hub.history(since)) {
        if (found.length === limit || looked === EVENTS_LOOKED_AT_MAX) {
          cursor = last
          break
        }
        looked++
        last = placed.offset
        const event = readEvent(placed, type)
        if (event) found.push(event)
      }
      reply({ items: found, next_cursor: cursor === null ? null : String(cursor) })
    },
  }
}

/** Reserves room for a state in the budget. Returns a function that frees it again, or a Refusal. */
function takePlace(
  { states, settings }: Needs,
  channel: Channel,
  { json, shareKey }: NonNullable<EventMethods['broadcast']['args']['state']>,
): (() => void) | Refusal {
  const taken = states.budget.take(channel, json.length, shareKey === null ? undefined : ownCopy(shareKey))
  if (taken === 'owner') {
    const message =
      'this user has retained as much as one user may (RETAINED_BYTES_PER_USER, RETAINED_STATES_PER_USER); nothing was done'
    return tooMuch('OVERLOADED', message, settings.HISTORY_TTL)
  }
  if (taken !== 'all') return taken
  return tooMuch(
    'OVERLOADED',
    'the space for retained states is full (RETAINED_BYTES); nothing was done',
    RETAIN_RETRY_MS,
  )
}

function tooMuch(code: 'RATE_LIMITED' | 'OVERLOADED', message: string, retry_after_ms: number): Refusal {
  return new Refusal(code, message, { retry_after_ms })
}

type MessageReply = Parameters<Handlers<EventMethods>['message']>[1]

interface Message {
  readonly target: UserId
  readonly event: EncodedEvent
  readonly span: Span | undefined
  readonly untilMs: number | undefined
}

function sendTo({ commits, registry }: Needs, { target, event, span, untilMs }: Message, reply: MessageReply): void {
  commits.append({ record: eventRecord(userChannel(target), event), span, untilMs }, (result) => {
    // Counted now: a connection that opens later gets the event only if it resumes.
    reply(result instanceof Refusal ? result : { offset: result, delivered: registry.countOfUser(target) })
  })
}

/** Returns the number of connections of the user. Throws USER_OFFLINE if there are none. */
async function requireOnline({ registry, cluster }: Needs, target: UserId): Promise<number> {
  // Another node may have just reported a connection of the user.
  if (registry.countOfUser(target) === 0 && cluster.nodes.length > 1) await cluster.catchUp()
  const connections = registry.countOfUser(target)
  if (connections === 0) throw offline(target)
  return connections
}

function offline(target: UserId): Refusal {
  return new Refusal('USER_OFFLINE', `"${target}" is not connected`)
}

/** Returns undefined if the frame has another type, or is no event. */
function readEvent({ kind, frame }: PlacedEvent, type: string | null): JsonObject | undefined {
  // Frames of other types are not parsed.
  if (type !== null && (typeOfKind(kind) ?? type) !== type) return undefined
  const event = parseJson(frame)
  if (!isObject(event) || typeof event['eventType'] !== 'string') return undefined
  return type === null || event['eventType'] === type ? (event as JsonObject) : undefined
}
