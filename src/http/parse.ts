import { parseInteger } from '../domain/good.ts'
import { isObject } from '../protocol/envelope.ts'
import { badRequest } from '../protocol/errors.ts'
import type { Namespace } from '../protocol/ids.ts'
import type { PageArgs } from '../protocol/page.ts'

const LIMIT_DEFAULT = 100
const LIMIT_MAX = 1000
const CURSOR = /^[A-Za-z0-9_.:-]{1,128}$/

/** `?limit=` and `?cursor=` of every list. */
export function parsePage(query: URLSearchParams): PageArgs {
  const cursor = query.get('cursor')
  if (cursor !== null && !CURSOR.test(cursor)) throw badRequest('cursor', 'must be the next_cursor of the page before')
  return { limit: parseCount(query, 'limit', { fallback: LIMIT_DEFAULT, min: 1, max: LIMIT_MAX }), cursor }
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

export function parseBody(value: unknown): Record<string, unknown> {
  if (isObject(value)) return value
  throw badRequest('', 'the body must be a JSON object')
}

export function parseNamespace(value: unknown, known: readonly Namespace[], path = 'namespace'): Namespace {
  const namespace = known.find((name) => name === value)
  if (namespace === undefined) throw badRequest(path, `must be one of ${known.join(', ')}`)
  return namespace
}
