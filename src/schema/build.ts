import type { JsonObject } from '../protocol/events.ts'
import { FORBIDDEN_KEY } from '../protocol/value.ts'

/** JSON Schema 2020-12; no more of it than drafts since 07 share, as tools for AsyncAPI read it as 07. */
export type Schema = JsonObject
export type Properties = Readonly<Record<string, Schema>>

/** Where OpenAPI and AsyncAPI both keep schemas. */
export const SCHEMAS_AT = '#/components/schemas/'

export function ref(name: string): Schema {
  return { $ref: `${SCHEMAS_AT}${name}` }
}

/** All of `properties` are required, but for those that are named. */
export function object(properties: Properties, { optional = [], ...rest }: ObjectOptions = {}): Schema {
  const required = Object.keys(properties).filter((name) => !optional.includes(name))
  return { type: 'object', ...(required.length === 0 ? {} : { required }), properties, ...rest }
}

export type ObjectOptions = { readonly optional?: readonly string[] } & Schema

/** What a client sends on a socket: fields that are not known are no mistake, but their values are checked as all are. */
export function sent(properties: Properties, options: ObjectOptions = {}): Schema {
  return object(properties, { ...ANY_FIELDS, ...options })
}

/** A body of the REST interface: what is misspelt is refused. */
export function body(properties: Properties, options: ObjectOptions = {}): Schema {
  return object(properties, { ...options, additionalProperties: false })
}

export const ANY_FIELDS: Schema = {
  propertyNames: { not: { const: FORBIDDEN_KEY } },
  additionalProperties: ref('JsonValue'),
}

export function integer(description: string, min = 0, max = Number.MAX_SAFE_INTEGER): Schema {
  return { type: 'integer', minimum: min, maximum: max, description }
}

export function text(description: string, rest: Schema = {}): Schema {
  return { type: 'string', description, ...rest }
}

export function flag(description: string): Schema {
  return { type: 'boolean', description }
}

export function nullable(schema: Schema): Schema {
  return { anyOf: [schema, { type: 'null' }] }
}

export function listOf(items: Schema): Schema {
  return { type: 'array', items }
}

export function pageOf(items: Schema): Schema {
  return object({ items: listOf(items), next_cursor: nullable(text('For the next page; null: this was the last.')) })
}

export const TIME = integer('Unix time in milliseconds')
