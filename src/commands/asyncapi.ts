import { SUBPROTOCOL, EVENT, SERVER_EVENT, type EventType, type JsonObject } from '../protocol/events.ts'
import type { ErrorCode } from '../protocol/errors.ts'
import { refTo } from '../protocol/shapes/build.ts'
import { commandSchema, type CommandName } from '../protocol/shapes/commands.ts'
import { EVENTS, eventTypeOf, type EventName } from '../protocol/shapes/events.ts'
import type { SchemaName, Schemas } from '../documents/schemas.ts'
import type { Command } from './command.ts'

export interface SocketSettings {
  readonly apiPathPrefix: string
  readonly frameBytesMax: number
  /** The event types that clients may not send, by namespace. */
  readonly denied: Readonly<Record<'private' | 'guest', readonly EventType[]>>
}

/** Errors that any request can get. */
const ANY_ERRORS: readonly ErrorCode[] = [
  ...(['BAD_REQUEST', 'AUTH_REQUIRED', 'FORBIDDEN', 'RATE_LIMITED', 'OVERLOADED', 'DRAINING'] as const),
  ...(['UNAVAILABLE', 'OUTCOME_UNKNOWN', 'INTERNAL'] as const),
]

/** The AsyncAPI 3.0 document of the socket, from the server's point of view: it receives requests and sends events. */
export function describeCommands(
  commands: Iterable<Command<unknown>>,
  schemas: Schemas,
  settings: SocketSettings,
): JsonObject {
  const all = Array.from(commands, (command) => ({ command, name: nameOf(command.eventType) }))
  const events = Object.keys(EVENTS) as EventName[]
  const messages = Object.fromEntries([
    ...all.flatMap(({ command, name }) => [
      toMessage(commandSchema(name, 'Request'), command.eventType, command.about.summary),
      toMessage(commandSchema(name, 'Reply'), SERVER_EVENT.reply, `The reply to ${command.eventType}.`),
    ]),
    toMessage('ErrorReply', SERVER_EVENT.reply, 'A request was refused.'),
    ...events.map((name) => toMessage(name, eventTypeOf(name), 'An event from the server.')),
  ])
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Drumbeat',
      version: 'v1',
      description: 'The WebSocket protocol. The REST interface is in openapi.json.',
      license: { name: 'MIT' },
    },
    defaultContentType: 'application/json',
    channels: { socket: describeSocket(Object.keys(messages), settings) },
    operations: Object.fromEntries([
      ...all.map(({ command, name }) => [name, receives(command, name, settings)]),
      ...events.map((name) => [`tell${name}`, { action: 'send', channel: SOCKET, messages: [inSocket(name)] }]),
    ]),
    components: { messages, schemas },
  }
}

const SOCKET = { $ref: '#/channels/socket' } as const

function inSocket(message: string): JsonObject {
  return { $ref: `#/channels/socket/messages/${message}` }
}

function toMessage(name: SchemaName, eventType: string, summary: string): [string, JsonObject] {
  return [name, { name, title: eventType, summary, payload: refTo(name) }]
}

function receives({ eventType, about }: Command<unknown>, name: CommandName, { denied }: SocketSettings): JsonObject {
  const not = (['private', 'guest'] as const).filter((access) => denied[access].includes(eventType))
  const errors = [...new Set([...ANY_ERRORS, ...(about.errors ?? [])])]
  const description = [
    `Refused with ${errors.join(', ')}.`,
    ...(about.event === undefined ? [] : [`The event that follows is ${about.event}.`]),
    ...not.map((access) => `On this server it may not be sent in the namespace ${access}.`),
  ]
  return {
    action: 'receive',
    channel: SOCKET,
    summary: about.summary,
    description: description.join(' '),
    messages: [inSocket(commandSchema(name, 'Request'))],
    reply: { channel: SOCKET, messages: [inSocket(commandSchema(name, 'Reply')), inSocket('ErrorReply')] },
  }
}

function describeSocket(messages: readonly string[], { apiPathPrefix, frameBytesMax }: SocketSettings): JsonObject {
  const text = (description: string) => ({ type: 'string', description })
  return {
    address: `${apiPathPrefix}/{door}`,
    description:
      `Subprotocols ${SUBPROTOCOL.json} (text frames) and ${SUBPROTOCOL.msgpack} (binary frames, the same objects). ` +
      `A frame to the server may have at most ${frameBytesMax} bytes.`,
    parameters: { door: { enum: ['private', 'public', 'guest'], description: '`private` needs a token.' } },
    messages: Object.fromEntries(messages.map((name) => [name, { $ref: `#/components/messages/${name}` }])),
    bindings: {
      ws: {
        method: 'GET',
        query: {
          type: 'object',
          properties: {
            resume: text('The resume token of the lost connection.'),
            since: text('EPOCH:OFFSET, with the largest offset that the client has seen.'),
            rooms: text('The rooms to be in, separated by commas.'),
            token: text('A JWT, if AUTH_QUERY_TOKEN allows it.'),
          },
        },
        headers: { type: 'object', properties: { Authorization: text('Bearer and a JWT.') } },
        bindingVersion: '0.1.0',
      },
    },
  }
}

function nameOf(eventType: EventType): CommandName {
  const found = Object.entries(EVENT).find(([, type]) => type === eventType)
  if (!found) throw new Error(`no event type ${eventType}`)
  return found[0] as CommandName
}
