import { parseInteger } from '../domain/good.ts'
import { isObject } from '../protocol/envelope.ts'
import { badRequest } from '../protocol/errors.ts'
import { parseIdempotencyKey, type Namespace } from '../protocol/ids.ts'
import { CURSOR, PAGE_LIMIT, type PageArgs } from '../protocol/page.ts'
import { fieldsOf, type Named } from '../protocol/shapes/build.ts'

export const PAGE_QUERY: readonly string[] = ['limit', 'cursor']

/** Parses `?limit=` and `?cursor=`, which every list has. Throws BAD_REQUEST. */
export function parsePage(query: URLSearchParams): PageArgs {
  const cursor = query.get('cursor')
  if (cursor !== null && !CURSOR.test(cursor)) throw badRequest('cursor', 'must be the next_cursor of the page before')
  return { limit: parseLimit(query), cursor }
}

export function parseLimit(query: URLSearchParams): number {
  return parseCount(query, 'limit', { ...PAGE_LIMIT, min: 1 })
}

export function parseCount(
  query: URLSearchParams,
  name: string,
  { fallback, min, max }: { readonly fallback: number; readonly min: number; readonly max: number },
): number {
  const text = query.get(name)
  if (text === null) return fallback
  return parseInteger(/^\d{1,16}$/.test(text) ? Number(text) : text, name, min, max)
}

/**
 * Checks that a body has fields of this shape and no others, so that a misspelt name is refused and not ignored. The values of
 * the fields are still to be parsed. Throws BAD_REQUEST.
 */
export function parseBody<Value>(
  value: unknown,
  shape: Named<string, Value>,
): Readonly<Record<FieldOf<Value>, unknown>> {
  if (!isObject(value)) throw badRequest('', 'the body must be a JSON object')
  const fields = fieldsOf(shape)
  for (const name of Object.keys(value)) {
    if (!fields.includes(name)) throw badRequest(name, `is not one of ${fields.join(', ')}`)
  }
  return value as Readonly<Record<FieldOf<Value>, unknown>>
}

/** The fields of a type. For a union, the fields of each member. */
type FieldOf<Value> = Value extends unknown ? keyof Value : never

/** Returns null if there is no key. Throws BAD_REQUEST. */
export function parseOptionalKey(value: unknown): string | null {
  return value === undefined ? null : parseIdempotencyKey(value, 'idempotency_key')
}

export function parseNamespace(value: unknown, known: readonly Namespace[], path = 'namespace'): Namespace {
  const namespace = known.find((name) => name === value)
  if (namespace === undefined) throw badRequest(path, `must be one of ${known.join(', ')}`)
  return namespace
}
