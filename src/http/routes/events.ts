import { hash } from 'node:crypto'
import type { OnceArgs } from '../../link/methods/events.ts'
import { encodeEvent, type EncodedEvent } from '../../protocol/event-body.ts'
import { badRequest } from '../../protocol/errors.ts'
import { LOGGED_EVENTS } from '../../protocol/event-facts.ts'
import { EVENT } from '../../protocol/events.ts'
import {
  namespaceChannel,
  parseRoomId,
  parseUserId,
  roomChannel,
  SERVER_SENDER,
  type Namespace,
  type RoomId,
} from '../../protocol/ids.ts'
import { parseBroadcast, parseMessage } from '../../protocol/payloads.ts'
import { BROADCAST_BODY, MESSAGE_BODY } from '../../protocol/shapes/payloads.ts'
import { jsonAnswer } from '../http.ts'
import { parseBody, parseCount, parseLimit, parseNamespace, parseOptionalKey } from '../parse.ts'
import type { Route } from '../router.ts'
import type { RouteContext } from './admin-context.ts'

/** Routes for the backend of a game: it sends events as the server, and reads the log. */
export function eventRoutes(context: RouteContext): readonly Route[] {
  return [...says(context), list(context)]
}

function says(context: RouteContext): readonly Route[] {
  const { primary } = context
  return [
    {
      method: 'POST',
      path: '/api/v1/broadcast',
      access: 'admin',
      operation: {
        id: 'broadcast',
        summary: 'Sends an event to all members of a room or a namespace, as the server.',
        body: 'BroadcastBody',
        answers: { 200: 'BroadcastData' },
        errors: ['IDEMPOTENCY_CONFLICT'],
      },
      run: async ({ json, span, traceparent }) => {
        const body = parseBody(await json(), BROADCAST_BODY)
        const { namespace: named, room: roomGiven, idempotency_key, ...given } = body
        const namespace = parseNamespace(named, context.namespaces)
        const room = roomGiven === undefined || roomGiven === null ? undefined : parseRoomId(roomGiven, 'room')
        const payload = parseBroadcast(given)
        const channel = room === undefined ? namespaceChannel(namespace) : roomChannel(namespace, room)
        const key = parseOptionalKey(idempotency_key)
        const { id, event } = makeEvent(context, { eventType: EVENT.broadcast, namespace, room, payload, traceparent })
        const once = key === null ? null : onceOf(key, namespace, [room ?? null, payload], id)
        const isKept = payload.retain === true
        const state = isKept ? { json: Buffer.from(JSON.stringify(payload.message)), shareKey: null } : null
        return jsonAnswer(await primary.ask('broadcast', { channel, event, state, once, isLimited: false }, span))
      },
    },
    {
      method: 'POST',
      path: '/api/v1/messages',
      access: 'admin',
      operation: {
        id: 'sendMessage',
        summary: 'Sends an event to all connections of a user, as the server.',
        body: 'MessageBody',
        answers: { 200: 'SendMessageData' },
        errors: ['USER_OFFLINE', 'IDEMPOTENCY_CONFLICT'],
      },
      run: async ({ json, span, traceparent }) => {
        const { target_user_id, idempotency_key, ...given } = parseBody(await json(), MESSAGE_BODY)
        const target = parseUserId(target_user_id, 'target_user_id')
        const payload = { target_user_id: target, ...parseMessage(given) }
        const [namespace] = context.namespaces
        if (namespace === undefined) throw badRequest('', 'there is no namespace')
        const key = parseOptionalKey(idempotency_key)
        const { id, event } = makeEvent(context, {
          eventType: EVENT.sendMessage,
          namespace,
          room: undefined,
          payload,
          traceparent,
        })
        const once = key === null ? null : onceOf(key, target, payload, id)
        return jsonAnswer(await primary.ask('message', { target, event, once, isLimited: false }, span))
      },
    },
  ]
}

function list({ primary }: RouteContext): Route {
  return {
    method: 'GET',
    path: '/api/v1/events',
    access: 'admin',
    query: ['type', 'since', 'limit'],
    operation: {
      id: 'listEvents',
      summary: 'The newest part of the log, oldest first. Pass `next_cursor` as the next `since`.',
      answers: { 200: 'EventPage' },
    },
    run: async ({ query, span }) => {
      const since = parseCount(query, 'since', { fallback: 0, min: 0, max: Number.MAX_SAFE_INTEGER })
      const limit = parseLimit(query)
      return jsonAnswer(await primary.ask('eventList', { type: parseType(query), since, limit }, span))
    },
  }
}

/** Returns null if events of all types are asked for. */
function parseType(query: URLSearchParams): string | null {
  const type = query.get('type')
  if (type !== null && !LOGGED_EVENTS.includes(type)) {
    throw badRequest('type', `must be one of ${LOGGED_EVENTS.join(', ')}`)
  }
  return type
}

/** @param request what must be the same if the key is used again */
function onceOf(key: string, whose: string, request: unknown, eventId: string): OnceArgs {
  return { key, whose, fingerprint: hash('sha256', JSON.stringify(request), 'base64url'), eventId }
}

function makeEvent(
  { clock, random }: RouteContext,
  {
    eventType,
    namespace,
    room,
    payload,
    traceparent,
  }: {
    readonly eventType: string
    readonly namespace: Namespace
    readonly room: RoomId | undefined
    readonly payload: object
    readonly traceparent: string | undefined
  },
): { readonly id: string; readonly event: EncodedEvent } {
  const id = random.uuid()
  const sent = { userId: SERVER_SENDER, timestamp: clock.wallMs() }
  return { id, event: encodeEvent({ id, eventType, namespace, room, ...sent, traceparent, payload }) }
}
