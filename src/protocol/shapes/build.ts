import type { JsonObject, JsonValue } from '../events.ts'
import type { Page } from '../page.ts'
import { FORBIDDEN_KEY } from '../forbidden-key.ts'

/** Only the compiler knows of it: where a schema keeps the type of its values. */
declare const VALUE: unique symbol

/**
 * A JSON Schema, and the TypeScript type of what it describes. 2020-12, and no more of it than drafts since 07 share, as tools for
 * AsyncAPI read it as 07.
 */
export type Schema<Value = unknown> = JsonObject & { readonly [VALUE]?: Value }

/** A schema that others refer to, and that the documents have under this name. */
export interface Named<Name extends string = string, Value = unknown> {
  readonly name: Name
  readonly schema: Schema<Value>
}

/** The type of what a schema describes, on the wire: ids are strings. */
export type ValueOf<Shape> =
  Shape extends Named<string, infer Value> ? Value : Shape extends Schema<infer Value> ? Value : never

/** A field that may be absent. */
export interface Optional<Value = unknown> {
  readonly optional: Schema<Value>
}

export type Fields = Readonly<Record<string, Schema | Optional>>

/** What can be said of an object beside its fields. */
export interface ObjectRules {
  readonly description?: string
  /** What it may not be. */
  readonly not?: JsonObject
  /** Rules between fields: one of them holds; all of them hold. */
  readonly anyOf?: readonly JsonObject[]
  readonly allOf?: readonly JsonObject[]
  /** What fields that are not named may be: anything by default. */
  readonly additionalProperties?: boolean | Schema
  readonly propertyNames?: JsonObject
}

/** Exactly one of these fields is there. */
export interface OneOf<Name> {
  readonly oneOf: readonly Name[]
}

type FieldOf<Field> = Field extends Optional<infer Value> ? Value : ValueOf<Field>

/** One object type instead of an intersection, and under no name (`& {}`): so that an editor shows its fields. */
type Flat<T> = { [Key in keyof T]: T[Key] } & {}

type OptionalKey<F> = { [Key in keyof F]: F[Key] extends Optional ? Key : never }[keyof F]

// Mapped over keys of F, and not with `as`, an editor finds the way from a field of the value to the field of the shape.
type Present<F, Key extends keyof F> = { readonly [Each in Key]: FieldOf<F[Each]> }
type MayBeAbsent<F, Key extends keyof F> = { readonly [Each in Key]?: FieldOf<F[Each]> }

type AllOf<F> = Flat<Present<F, Exclude<keyof F, OptionalKey<F>>> & MayBeAbsent<F, OptionalKey<F>>>

/** The values of an object with these fields, of which exactly one of `One` is there. */
export type ObjectOf<F, One extends keyof F = never> = [One] extends [never]
  ? AllOf<F>
  : { [Key in One]: Flat<AllOf<Omit<F, One>> & { readonly [Only in Key]: FieldOf<F[Only]> }> }[One]

/** Where OpenAPI and AsyncAPI both keep schemas. */
export const SCHEMAS_AT = '#/components/schemas/'

export function named<const Name extends string, Value>(name: Name, schema: Schema<Value>): Named<Name, Value> {
  return { name, schema }
}

/** By name, for whoever has only that. */
export function refTo(name: string): Schema {
  return { $ref: `${SCHEMAS_AT}${name}` }
}

export function ref<Value>({ name }: Named<string, Value>): Schema<Value> {
  return refTo(name) as Schema<Value>
}

export function optional<Value>(schema: Schema<Value>): Optional<Value> {
  return { optional: schema }
}

/** Its fields are required, but for those that are `optional`. */
export function object<F extends Fields, One extends keyof F>(
  fields: F,
  rules: ObjectRules & OneOf<One>,
): Schema<ObjectOf<F, One>>
export function object<F extends Fields>(fields: F, rules?: ObjectRules): Schema<ObjectOf<F>>
export function object(fields: Fields, { oneOf, ...rules }: ObjectRules & Partial<OneOf<string>> = {}): Schema {
  const all = Object.entries(fields)
  const required = all.filter(([name, field]) => !isOptional(field) && oneOf?.includes(name) !== true)
  return {
    type: 'object',
    ...(required.length === 0 ? {} : { required: required.map(([name]) => name) }),
    properties: Object.fromEntries(all.map(([name, field]) => [name, schemaOf(field)])),
    ...rules,
    ...(oneOf === undefined ? {} : { oneOf: oneOf.map((name) => ({ required: [name] })) }),
  }
}

/** The names of an object's fields. */
export function fieldsOf({ schema }: Named): readonly string[] {
  return Object.keys(schema['properties'] ?? {})
}

function isOptional(field: Schema | Optional): field is Optional {
  return 'optional' in field
}

function schemaOf(field: Schema | Optional): Schema {
  return isOptional(field) ? field.optional : field
}

const ANY_JSON = refTo('JsonValue') as Schema<JsonValue>

export const ANY_FIELDS = {
  propertyNames: { not: { const: FORBIDDEN_KEY } },
  additionalProperties: ANY_JSON,
} as const

/** What a client sends on a socket: fields that are not known are no mistake, but their values are checked as all are. */
export function sent<F extends Fields, One extends keyof F>(
  fields: F,
  rules: ObjectRules & OneOf<One>,
): Schema<ObjectOf<F, One>>
export function sent<F extends Fields>(fields: F, rules?: ObjectRules): Schema<ObjectOf<F>>
export function sent(fields: Fields, rules: ObjectRules = {}): Schema {
  return object(fields, { ...ANY_FIELDS, ...rules })
}

/** A body of the REST interface: what is misspelt is refused. */
export function body<F extends Fields, One extends keyof F>(
  fields: F,
  rules: ObjectRules & OneOf<One>,
): Schema<ObjectOf<F, One>>
export function body<F extends Fields>(fields: F, rules?: ObjectRules): Schema<ObjectOf<F>>
export function body(fields: Fields, rules: ObjectRules = {}): Schema {
  return { ...object(fields, rules), additionalProperties: false }
}

export function integer(description: string, min = 0, max = Number.MAX_SAFE_INTEGER): Schema<number> {
  return { type: 'integer', minimum: min, maximum: max, description }
}

export function text(description: string, rest: JsonObject = {}): Schema<string> {
  return { type: 'string', description, ...rest }
}

export function flag(description: string): Schema<boolean> {
  return { type: 'boolean', description }
}

export function constant<const Value extends JsonValue>(value: Value): Schema<Value> {
  return { const: value }
}

export function choice<const Value extends JsonValue>(values: readonly Value[], description?: string): Schema<Value> {
  return { enum: values, ...(description === undefined ? {} : { description }) }
}

export function nullable<Value>(schema: Schema<Value>): Schema<Value | null> {
  return { anyOf: [schema, { type: 'null' }] }
}

/** One of these, whichever it is. */
export function oneOfShapes<One, Other>(one: Named<string, One>, other: Named<string, Other>): Schema<One | Other> {
  return { anyOf: [ref(one), ref(other)] }
}

export function listOf<Value>(items: Schema<Value>): Schema<readonly Value[]> {
  return { type: 'array', items }
}

/** Whatever its fields are. */
export function anyObject(description?: string): Schema<JsonObject> {
  return { type: 'object', ...(description === undefined ? {} : { description }) }
}

/** An object with values of one kind under keys that are data. */
export function recordOf<Value>(values: Schema<Value>): Schema<Readonly<Record<string, Value>>> {
  return { type: 'object', additionalProperties: values }
}

export function pageOf<Value>(items: Schema<Value>): Schema<Page<Value>> {
  return object({ items: listOf(items), next_cursor: NEXT_CURSOR })
}

export const NEXT_CURSOR = nullable(text('For the next page; null: this was the last.'))
export const TIME = integer('Unix time in milliseconds')
