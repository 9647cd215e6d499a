import type { Where, WhereTerm } from '../link/methods/games.ts'
import { isObject } from '../protocol/envelope.ts'
import { badRequest } from '../protocol/errors.ts'
import type { JsonValue } from '../protocol/events.ts'

/** Whether the listing of a room meets all conditions. */
export function fitsWhere(where: Where, listing: JsonValue): boolean {
  const terms = Object.entries(where)
  if (terms.length === 0) return true
  if (!isObject(listing)) return false
  return terms.every(([field, term]) => Object.hasOwn(listing, field) && fitsTerm(term, listing[field]))
}

function fitsTerm(term: WhereTerm, value: unknown): boolean {
  if (typeof term !== 'object') return value === term
  if ('in' in term) return term.in.some((choice) => choice === value)
  const { gte = -Infinity, lte = Infinity } = term
  return typeof value === 'number' && value >= gte && value <= lte
}

/**
 * Throws BAD_REQUEST for the first condition that no room of the game can meet, judged by the listing of one room: its field does
 * not exist or has another type.
 */
export function requireListed(where: Where, listing: JsonValue, path: string): void {
  for (const [field, term] of Object.entries(where)) {
    const at = `${path}.${field}`
    if (!isObject(listing) || !Object.hasOwn(listing, field)) throw badRequest(at, 'is not in the listing of this game')
    const listed = listing[field]
    for (const wanted of valuesOf(term)) {
      if (listed !== null && typeof wanted !== typeof listed)
        throw badRequest(at, `must be a ${typeof listed}, as in the listing of this game`)
    }
  }
}

function valuesOf(term: WhereTerm): readonly unknown[] {
  if (typeof term !== 'object') return [term]
  if ('in' in term) return term.in
  return [term.gte, term.lte].filter((bound) => bound !== undefined)
}
