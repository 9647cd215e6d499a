import type { JsonObject, JsonValue } from '../events.ts'
import type { Page } from '../page.ts'
import { FORBIDDEN_KEY } from '../forbidden-key.ts'

/** A key that exists only for the compiler: under it, a schema carries the type of its values. */
declare const VALUE: unique symbol

/**
 * A JSON Schema, together with the TypeScript type of the values that it describes. The dialect is 2020-12, restricted to what is
 * the same since draft 07, because tools for AsyncAPI read it as draft 07.
 */
export type Schema<Value = unknown> = JsonObject & { readonly [VALUE]?: Value }

/** A schema that other schemas refer to. The documents list it under this name. */
export interface Named<Name extends string = string, Value = unknown> {
  readonly name: Name
  readonly schema: Schema<Value>
}

/** The type of the values of a schema, as they are on the wire: ids are plain strings. */
export type ValueOf<Shape> =
  Shape extends Named<string, infer Value> ? Value : Shape extends Schema<infer Value> ? Value : never

export interface Optional<Value = unknown> {
  readonly optional: Schema<Value>
}

export type Fields = Readonly<Record<string, Schema | Optional>>

export interface ObjectRules {
  readonly description?: string
  /** A schema that the object must not match. */
  readonly not?: JsonObject
  /** Rules between fields: at least one of `anyOf` has to hold, and all of `allOf`. */
  readonly anyOf?: readonly JsonObject[]
  readonly allOf?: readonly JsonObject[]
  /** The schema of fields that are not named. By default they may be anything. */
  readonly additionalProperties?: boolean | Schema
  readonly propertyNames?: JsonObject
}

/** The object has exactly one of these fields. */
export interface OneOf<Name> {
  readonly oneOf: readonly Name[]
}

type FieldOf<Field> = Field extends Optional<infer Value> ? Value : ValueOf<Field>

/** Makes one object type of an intersection, without a name (`& {}`), so that an editor shows its fields. */
type Flat<T> = { [Key in keyof T]: T[Key] } & {}

type OptionalKey<F> = { [Key in keyof F]: F[Key] extends Optional ? Key : never }[keyof F]

// This maps over keys of F without `as`. Only so an editor finds the way from a field of the value to the field of the shape.
type Present<F, Key extends keyof F> = { readonly [Each in Key]: FieldOf<F[Each]> }
type MayBeAbsent<F, Key extends keyof F> = { readonly [Each in Key]?: FieldOf<F[Each]> }

type AllOf<F> = Flat<Present<F, Exclude<keyof F, OptionalKey<F>>> & MayBeAbsent<F, OptionalKey<F>>>

/** The type of an object with these fields, with exactly one of `One`. */
export type ObjectOf<F, One extends keyof F = never> = [One] extends [never]
  ? AllOf<F>
  : { [Key in One]: Flat<AllOf<Omit<F, One>> & { readonly [Only in Key]: FieldOf<F[Only]> }> }[One]

/** The place where both OpenAPI and AsyncAPI keep schemas. */
export const SCHEMAS_AT = '#/components/schemas/'

export function named<const Name extends string, Value>(name: Name, schema: Schema<Value>): Named<Name, Value> {
  return { name, schema }
}

/** A reference by name, if the schema itself is not at hand. */
export function refTo(name: string): Schema {
  return { $ref: `${SCHEMAS_AT}${name}` }
}

export function ref<Value>({ name }: Named<string, Value>): Schema<Value> {
  return refTo(name) as Schema<Value>
}

export function optional<Value>(schema: Schema<Value>): Optional<Value> {
  return { optional: schema }
}

/** All fields are required, unless they are `optional`. */
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

/** A payload that clients send on a socket. Unknown fields are allowed, but their values are checked like all others. */
export function sent<F extends Fields, One extends keyof F>(
  fields: F,
  rules: ObjectRules & OneOf<One>,
): Schema<ObjectOf<F, One>>
export function sent<F extends Fields>(fields: F, rules?: ObjectRules): Schema<ObjectOf<F>>
export function sent(fields: Fields, rules: ObjectRules = {}): Schema {
  return object(fields, { ...ANY_FIELDS, ...rules })
}

/** A body of the REST interface. Unknown fields are refused, because they are mostly misspelt. */
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

/** A value of either shape. */
export function oneOfShapes<One, Other>(one: Named<string, One>, other: Named<string, Other>): Schema<One | Other> {
  return { anyOf: [ref(one), ref(other)] }
}

export function listOf<Value>(items: Schema<Value>): Schema<readonly Value[]> {
  return { type: 'array', items }
}

export function anyObject(description?: string): Schema<JsonObject> {
  return { type: 'object', ...(description === undefined ? {} : { description }) }
}

/** An object whose keys are data, such as ids, and whose values are all of one kind. */
export function recordOf<Value>(values: Schema<Value>): Schema<Readonly<Record<string, Value>>> {
  return { type: 'object', additionalProperties: values }
}

export function pageOf<Value>(items: Schema<Value>): Schema<Page<Value>> {
  return object({ items: listOf(items), next_cursor: NEXT_CURSOR })
}

export const NEXT_CURSOR = nullable(text('The cursor of the next page; null after the last page.'))
export const TIME = integer('Unix time in milliseconds')
