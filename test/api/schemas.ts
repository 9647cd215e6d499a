import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js'
import type { Schema } from '../../src/protocol/shapes/build.ts'

export type Components = Readonly<Record<string, Schema>>

/** Validators of a document's schemas. `isClosed`: a field that the schema does not name is a mistake. */
export function createValidators(schemas: Components, isClosed = false) {
  const ajv = new Ajv2020({ allErrors: true, strict: true, strictRequired: false, strictTypes: false, verbose: true })
  ajv.addKeyword('components')
  const known = isClosed ? (close(schemas) as Components) : schemas
  ajv.addSchema({ $id: 'document', components: { schemas: known } })
  return {
    of: (name: string): ValidateFunction => ajv.compile({ $ref: `document#/components/schemas/${name}` }),
    /** For a schema that stands somewhere in the document and refers to its components. */
    compile: (schema: object): ValidateFunction => {
      return ajv.compile(JSON.parse(JSON.stringify(schema).replaceAll('"#/', '"document#/')) as object)
    },
  }
}

/** What is wrong, for a test's message. */
export function said(validate: ValidateFunction): string {
  return JSON.stringify(validate.errors?.map(({ instancePath, message }) => `${instancePath} ${message}`))
}

function close(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(close)
  if (typeof node !== 'object' || node === null) return node
  const closed: Record<string, unknown> = Object.fromEntries(
    Object.entries(node).map(([key, value]) => [key, close(value)]),
  )
  if ('required' in closed && 'properties' in closed) closed['additionalProperties'] ??= false
  return closed
}

/** Whether a place, as the server writes it, is what the errors are about, or inside of that. `at`: where the value stood. */
export function isPlaceOf(errors: readonly ErrorObject[], at: string, told: unknown): boolean {
  const place = String(told).replaceAll(/\[(\d+)\]/g, '.$1')
  return errors.flatMap(placesIn).some((one) => {
    return one === '' ? place === at : place === join(at, one) || place.startsWith(`${join(at, one)}.`)
  })
}

function placesIn({ instancePath, keyword, params, propertyName, schema }: ErrorObject): readonly string[] {
  const place = instancePath.slice(1).replaceAll('/', '.')
  const { missingProperty, additionalProperty } = params as Record<string, string | undefined>
  const named = missingProperty ?? additionalProperty ?? propertyName
  if (named !== undefined) return [join(place, named)]
  // A rule between fields: any of them may be called wrong.
  if (keyword === 'not')
    return [place, ...(((schema as Schema)['required'] as string[] | undefined) ?? []).map((name) => join(place, name))]
  return [place]
}

function join(at: string, name: string): string {
  return at === '' ? name : `${at}.${name}`
}

/** Instances of an object's schema, most of them wrong in one place: verdicts on them are to be compared. */
export function instancesOf(schemas: Components, name: string): readonly object[] {
  const schema = resolve(schemas, { $ref: `#/components/schemas/${name}` })
  const properties = Object.entries((schema['properties'] ?? {}) as Components)
  const validate = createValidators(schemas).of(name)
  const all = Object.fromEntries(properties.map(([key, value]) => [key, goodOf(schemas, value)]))
  const required = new Set((schema['required'] ?? []) as string[])
  const least = Object.fromEntries(Object.entries(all).filter(([key]) => required.has(key)))
  const seeds: object[] = [all, least, ...Object.entries(all).map(([key, value]) => ({ ...least, [key]: value }))]
  const found: object[] = [...seeds]
  for (const good of seeds.filter((seed) => validate(seed))) {
    for (const [key, value] of properties) {
      const { [key]: _, ...without } = good as Record<string, unknown>
      found.push(without)
      for (const candidate of candidatesOf(schemas, value)) found.push({ ...good, [key]: candidate })
    }
    found.push({ ...good, unknown: 1 }, withForbidden(good, 'constructor'), withForbidden(good, '__proto__'))
  }
  const texts = new Set(found.map((instance) => JSON.stringify(instance)))
  return Array.from(texts, (text) => JSON.parse(text) as object)
}

/** An own field, as JSON.parse makes it; an object literal would set the prototype. */
function withForbidden(value: object, key: string): object {
  return JSON.parse(JSON.stringify({ ...value, KEY: 1 }).replace('"KEY"', JSON.stringify(key))) as object
}

const ANY_TYPE: readonly unknown[] = [null, true, 0, 1, -1, 1.5, '', 'x', [], {}, ['x'], { x: 1 }]
const NESTED: readonly unknown[] = [
  withForbidden({}, 'prototype'),
  [{ deep: withForbidden({}, '__proto__') }],
  { constructor: null },
]

/** Values of every type, and those at and beyond each bound. Valid ones are among them. */
export function candidatesOf(schemas: Components, given: Schema): readonly unknown[] {
  const schema = resolve(schemas, given)
  const { minimum, maximum, minLength, maxLength, pattern, enum: values } = schema
  const options = [...((schema['anyOf'] ?? []) as Schema[]), ...((schema['allOf'] ?? []) as Schema[])]
  const found = [...ANY_TYPE, ...NESTED, ...options.flatMap((option) => candidatesOf(schemas, option))]
  for (const bound of [minimum, maximum]) if (typeof bound === 'number') found.push(bound - 1, bound, bound + 1)
  for (const bound of [minLength, maxLength]) if (typeof bound === 'number') found.push(...textsOf(bound))
  if (Array.isArray(values)) found.push(...values, `${String(values[0])}x`, String(values[0]).toUpperCase())
  if (typeof pattern === 'string') found.push(...textsFor(pattern))
  return found
}

/** One letter more and less; and characters that JavaScript counts twice. */
function textsOf(length: number): readonly string[] {
  return [length - 1, length, length + 1].flatMap((n) => (n < 0 ? [] : ['a'.repeat(n), '\u{1F409}'.repeat(n)]))
}

function textsFor(pattern: string): readonly string[] {
  const bounds = [...pattern.matchAll(/\{(\d+),(\d+)\}/g)].flatMap(([, min, max]) => [Number(min), Number(max)])
  const good = goodText(pattern)
  const broken = ['/', ' ', '#', 'é', '\n', '\u0000', '.', ':'].flatMap((c) => [good + c, c + good])
  return [...bounds.flatMap(textsOf), ...broken, good, good.toUpperCase(), 'constructor', 'prototype', '__proto__']
}

function goodText(pattern: string): string {
  const found = ['a', 'a'.repeat(16), '1'].find((text) => new RegExp(pattern, 'u').test(text))
  if (found === undefined) throw new Error(`no text is known for ${pattern}`)
  return found
}

function goodOf(schemas: Components, given: Schema): unknown {
  const schema = resolve(schemas, given)
  if ('const' in schema) return schema['const']
  if (schema['required'] !== undefined) return leastOf(schemas, schema)
  const validate = createValidators(schemas).compile(given)
  const good = candidatesOf(schemas, given).findLast((value) => validate(value))
  if (good === undefined) throw new Error(`no value is known for ${JSON.stringify(schema)}`)
  return good
}

/** What is required, and of what there is a choice the first. */
function leastOf(schemas: Components, { required, properties, oneOf }: Schema): object {
  const [choice] = (oneOf ?? []) as { readonly required: string[] }[]
  const names = [...(required as string[]), ...(choice?.required ?? [])]
  return Object.fromEntries(names.map((name) => [name, goodOf(schemas, (properties as Components)[name] ?? {})]))
}

export function resolve(schemas: Components, schema: Schema): Schema {
  const reference = schema['$ref']
  if (typeof reference !== 'string') return schema
  const found = schemas[reference.slice(reference.lastIndexOf('/') + 1)]
  if (!found) throw new Error(`no schema ${reference}`)
  return resolve(schemas, found)
}
