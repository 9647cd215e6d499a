import { SERVER_EVENT } from '../../../src/protocol/events.ts'
import type { Answer, Faults, Line, Value } from '../faulty-proxy.ts'

/** Something that a server does wrong, and by which cases that must be noticed. */
export interface FaultRow {
  readonly fault: string
  /** Of which cases: more than those that fail, so that a case that fails for anything is noticed, too. */
  readonly run: RegExp
  /** These have to, and no others. */
  readonly fails: readonly string[]
  /** But these may: it depends on which event it was. */
  readonly may?: readonly string[]
  readonly make: () => Faults
}

export const fields = (value: unknown): Value => (typeof value === 'object' && value !== null ? (value as Value) : {})
export const isEvent = (value: Value) => 'offset' in value && value['eventType'] !== SERVER_EVENT.reply
export const isReply = (value: Value) => value['eventType'] === SERVER_EVENT.reply
export const isOf = (value: Value, eventType: string) => isEvent(value) && value['eventType'] === eventType

/** Of each connection, every so many-th event counts. */
export function counts(line: Line, value: Value, every: number): boolean {
  if (!isEvent(value)) return false
  const seen = Number(line.memory.get('events') ?? 0) + 1
  line.memory.set('events', seen)
  return seen % every === 0
}

export const changing = (change: (value: Value, line: Line) => Value): Faults => ({
  frame: (value, line) => [change(value, line)],
})
export const withData = (value: Value, data: Value): Value => ({
  ...value,
  data: { ...fields(value['data']), ...data },
})
export const withPayload = (value: Value, payload: Value): Value => {
  return { ...value, payload: { ...fields(value['payload']), ...payload } }
}

export function without(value: Value, name: string): Value {
  const { [name]: _, ...rest } = value
  return rest
}

export function mapDeep(value: unknown, change: (leaf: unknown) => unknown): unknown {
  if (Array.isArray(value)) return value.map((one) => mapDeep(one, change))
  if (typeof value !== 'object' || value === null) return change(value)
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, mapDeep(one, change)]))
}

export const inBodyError = (answer: Answer, change: (error: Value) => Value): Answer => {
  if (answer.status < 400 || answer.body === '') return answer
  const { error } = JSON.parse(answer.body) as { error: Value }
  return { ...answer, body: JSON.stringify({ error: change(error) }) }
}
