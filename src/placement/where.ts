import type { Where, WhereTerm } from '../link/methods/games.ts'
import { isObject } from '../protocol/envelope.ts'
import { badRequest } from '../protocol/errors.ts'
import type { JsonValue } from '../protocol/events.ts'

/** Whether a room is asked for, by what its game says of it. */
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
 * Throws BAD_REQUEST at the first term that no room of the game can meet, to judge by a listing of one of them: its field is not there, or is of
 * another type.
 */
export function requireListed(where: Where, listing: JsonValue, path: string): void {
  for (const [field, term] of Object.entries(where)) {
    const at = `${path}.${field}`
    if (!isObject(listing) || !Object.hasOwn(listing, field)) throw badRequest(at, 'is not in the listing of this game')
    const listed = listing[field]
    for (const wanted of valuesOf(term)) {
      if (listed !== null && typeof wanted !== typeof listed) throw badRequest(at, `is a ${typeof listed}`)
    }
  }
}

function valuesOf(term: WhereTerm): readonly unknown[] {
  if (typeof term !== 'object') return [term]
  if ('in' in term) return term.in
  return [term.gte, term.lte].filter((bound) => bound !== undefined)
}
