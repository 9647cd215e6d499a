import { badRequest } from './errors.ts'
import { isObject } from './envelope.ts'
import { INPUT_NAME_LENGTH_MAX, PASSWORD_LENGTH_MAX, WHERE_TERMS_MAX, WHERE_VALUES_MAX } from './game-limits.ts'
import type { JsonObject } from './events.ts'
import type { Where, WhereTerm } from './shapes/games.ts'
import { isLonger } from './value.ts'

/** Parses a filter over listings. Only the game knows whether it lists these fields. Throws BAD_REQUEST. */
export function parseWhere(value: unknown, path: string): Where {
  if (value === undefined) return {}
  if (!isObject(value)) throw badRequest(path, 'must be an object')
  const fields = Object.entries(value)
  if (fields.length > WHERE_TERMS_MAX) throw badRequest(path, `must have at most ${WHERE_TERMS_MAX} fields`)
  return Object.fromEntries(fields.map(([field, term]) => [field, parseTerm(term, `${path}.${field}`)]))
}

/** Throws BAD_REQUEST. */
export function parseOptions(value: unknown, path: string): JsonObject {
  if (value === undefined) return {}
  if (!isObject(value)) throw badRequest(path, 'must be an object')
  return value as JsonObject
}

/** Throws BAD_REQUEST. */
export function parseAs(value: unknown, path: string): 'player' | 'spectator' {
  if (value === undefined) return 'player'
  if (value === 'player' || value === 'spectator') return value
  throw badRequest(path, 'must be "player" or "spectator"')
}

/** Throws BAD_REQUEST. */
export function parseStay(value: unknown, path: string): boolean {
  if (value === undefined || typeof value === 'boolean') return value === true
  throw badRequest(path, 'must be true or false')
}

/** Returns null if no password is given. Throws BAD_REQUEST. */
export function parsePassword(value: unknown, path: string): string | null {
  return value === undefined ? null : parseText(value, path, PASSWORD_LENGTH_MAX)
}

/** Throws BAD_REQUEST. */
export function parseInputName(value: unknown, path: string): string {
  return parseText(value, path, INPUT_NAME_LENGTH_MAX)
}

/** Only the game knows whether it has such a bot. Throws BAD_REQUEST. */
export function parseBotKind(value: unknown, path: string): string {
  return parseText(value, path, INPUT_NAME_LENGTH_MAX)
}

/** Returns null if the client does not number its inputs. Throws BAD_REQUEST. */
export function parseSeq(value: unknown, path: string): number | null {
  if (value === undefined) return null
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value
  throw badRequest(path, `must be an integer from 0 to ${Number.MAX_SAFE_INTEGER}`)
}

function parseText(value: unknown, path: string, charactersMax: number): string {
  if (typeof value === 'string' && value !== '' && !isLonger(value, charactersMax)) return value
  throw badRequest(path, `must be a string of 1 to ${charactersMax} characters`)
}

function parseTerm(term: unknown, path: string): WhereTerm {
  if (isPlain(term)) return term
  if (!isObject(term)) throw badRequest(path, 'must be a string, a number, true, false, or an object')
  const keys = Object.keys(term)
  if (keys.length === 1 && keys[0] === 'in') return { in: parseValues(term['in'], `${path}.in`) }
  if (keys.length === 0 || keys.some((key) => key !== 'gte' && key !== 'lte')) {
    throw badRequest(path, 'must have "in" alone, or "gte", "lte" or both')
  }
  for (const key of keys) if (typeof term[key] !== 'number') throw badRequest(`${path}.${key}`, 'must be a number')
  return term
}

function parseValues(values: unknown, path: string): readonly (string | number | boolean)[] {
  if (!Array.isArray(values) || values.length === 0 || values.length > WHERE_VALUES_MAX) {
    throw badRequest(path, `must be an array of 1 to ${WHERE_VALUES_MAX} values`)
  }
  return values.map((value: unknown, i) => {
    if (isPlain(value)) return value
    throw badRequest(`${path}[${i}]`, 'must be a string, a number, true or false')
  })
}

function isPlain(value: unknown): value is string | number | boolean {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
}
