import { badRequest } from '../protocol/errors.ts'
import { isObject } from '../protocol/envelope.ts'
import { NAME } from '../protocol/ids.ts'
import { fieldsOf } from '../protocol/shapes/build.ts'
import { GOOD, TITLE_LENGTH_MAX, type Good } from '../protocol/shapes/shop.ts'
import { FORBIDDEN_KEY } from '../protocol/forbidden-key.ts'
import { isLonger } from '../protocol/value.ts'

/** Checks the id of a good or currency, which is used in keys of records. */
export function parseName(value: unknown, path: string): string {
  if (value === FORBIDDEN_KEY) throw badRequest(path, `may not be ${FORBIDDEN_KEY}`)
  if (typeof value === 'string' && NAME.test(value)) return value
  throw badRequest(path, 'must be 1 to 64 characters of A-Z a-z 0-9 _ -')
}

/** Accepts an integer from `min` to `max`, and throws BAD_REQUEST for anything else. */
export function parseInteger(value: unknown, path: string, min = 0, max = Number.MAX_SAFE_INTEGER): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= min && value <= max) return value
  throw badRequest(path, `must be an integer from ${min} to ${max}`)
}

/** Checks a good as it is stored. Throws BAD_REQUEST. */
export function parseGood(value: unknown, path = ''): Good {
  if (!isObject(value)) throw badRequest(path, 'must be an object')
  const at = (field: string) => (path === '' ? field : `${path}.${field}`)
  for (const key of Object.keys(value)) {
    if (!FIELDS.has(key))
      throw badRequest(at(key), `is not a field of a good (the fields are ${[...FIELDS].join(', ')})`)
  }
  const { name, stock, per_user_limit, sale_from, sale_until } = value
  if (typeof name !== 'string' || name === '' || isLonger(name, TITLE_LENGTH_MAX)) {
    throw badRequest(at('name'), `must be 1 to ${TITLE_LENGTH_MAX} characters`)
  }
  const optional = (field: unknown, path: string, min = 0) =>
    field === undefined || field === null ? null : parseInteger(field, path, min)
  return {
    id: parseName(value['id'], at('id')),
    name,
    price: parseInteger(value['price'], at('price')),
    currency: parseName(value['currency'], at('currency')),
    stock: optional(stock, at('stock')),
    per_user_limit: optional(per_user_limit, at('per_user_limit'), 1),
    sale_from: optional(sale_from, at('sale_from')),
    sale_until: optional(sale_until, at('sale_until')),
  }
}

/**
 * Checks a good from the goods file or the body of PUT /api/v1/goods/:id. Its sale must not end before it begins. Throws
 * BAD_REQUEST.
 */
export function parseNewGood(value: unknown, path = ''): Good {
  const good = parseGood(value, path)
  const { sale_from, sale_until } = good
  if (sale_from !== null && sale_until !== null && sale_until <= sale_from) {
    throw badRequest(path === '' ? 'sale_until' : `${path}.sale_until`, 'must be later than sale_from')
  }
  return good
}

const FIELDS = new Set(fieldsOf(GOOD))
