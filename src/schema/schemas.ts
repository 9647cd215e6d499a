import { LOGGED_EVENTS } from '../protocol/event-facts.ts'
import { EVENT, SERVER_EVENT } from '../protocol/events.ts'
import { PAGE_LIMIT } from '../protocol/page.ts'
import { integer, object, ref, sent, text, type Schema } from './build.ts'
import { commands, type CommandName, type CommandSchemas } from './commands.ts'
import { EVENT_ENVELOPE, EVENTS } from './events.ts'
import type { SchemaLimits } from './limits.ts'
import { REST_ANSWERS, restBodies } from './rest.ts'
import { values } from './values.ts'

type OfCommands = `${Capitalize<CommandName>}${'Payload' | 'Data' | 'Request' | 'Reply'}`

type Own =
  | keyof ReturnType<typeof values>
  | keyof ReturnType<typeof restBodies>
  | keyof typeof REST_ANSWERS
  | keyof typeof EVENTS
  | 'Event'
  | 'ErrorReply'
  | 'PageLimit'
  | 'EventTypeFilter'
  | 'Offset'
  | 'FileName'

export type SchemaName = Own | OfCommands
export type Schemas = Readonly<Record<SchemaName, Schema>>

/** Every schema of the protocol by its name. They refer to each other as components of one document: see `ref`. */
export function createSchemas(limits: SchemaLimits): Schemas {
  const own: Readonly<Record<Own, Schema>> = {
    ...values(limits),
    ...restBodies(limits),
    ...REST_ANSWERS,
    ...EVENTS,
    Event: EVENT_ENVELOPE,
    ErrorReply: ERROR_REPLY,
    PageLimit: { ...integer('How many on a page.', 1, PAGE_LIMIT.max), default: PAGE_LIMIT.fallback },
    EventTypeFilter: { enum: LOGGED_EVENTS, description: 'An event type that stands in the log.' },
    Offset: integer('A place in the log.'),
    FileName: text('As the page names it.'),
  }
  const ofCommands = Object.entries(commands(limits)).flatMap(([name, schemas]) =>
    ofCommand(name as CommandName, schemas),
  )
  // The keys are those of OfCommands, which Object.fromEntries does not know.
  return { ...own, ...(Object.fromEntries(ofCommands) as Record<OfCommands, Schema>) }
}

/** `sendMessage` is `SendMessagePayload`, `SendMessageData` and so on. */
export function commandSchema<Part extends 'Payload' | 'Data' | 'Request' | 'Reply'>(
  name: CommandName,
  part: Part,
): `${Capitalize<CommandName>}${Part}` {
  return `${name.slice(0, 1).toUpperCase()}${name.slice(1)}${part}` as `${Capitalize<CommandName>}${Part}`
}

function ofCommand(name: CommandName, { payload, data, needsRoom }: CommandSchemas): [string, Schema][] {
  const request = sent(
    {
      id: ref('RequestId'),
      eventType: { const: EVENT[name] },
      room: ref('RoomId'),
      payload: ref(commandSchema(name, 'Payload')),
      traceparent: { allOf: [ref('JsonValue')], description: 'W3C trace context; what cannot be read is ignored.' },
    },
    { optional: ['id', ...(needsRoom ? [] : ['room']), 'traceparent'] },
  )
  const reply = object(
    {
      eventType: { const: SERVER_EVENT.reply },
      replyTo: ref('RequestId'),
      success: { const: true },
      data: ref(commandSchema(name, 'Data')),
      traceparent: ref('Traceparent'),
    },
    { optional: ['traceparent'] },
  )
  return [
    [commandSchema(name, 'Payload'), payload],
    [commandSchema(name, 'Data'), data],
    [commandSchema(name, 'Request'), request],
    [commandSchema(name, 'Reply'), reply],
  ]
}

const ERROR_REPLY = object(
  {
    eventType: { const: SERVER_EVENT.reply },
    replyTo: ref('RequestId'),
    success: { const: false },
    error: ref('Error'),
    traceparent: ref('Traceparent'),
  },
  { optional: ['replyTo', 'traceparent'], description: 'Without `replyTo` where the request had no `id`.' },
)
