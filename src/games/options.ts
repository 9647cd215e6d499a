import type { Game } from './define.ts'
import { inRealm } from './realm.ts'
import { validate } from './standard-schema.ts'
import { checkValue } from './sync/shape.ts'
import { t, type Json } from './types.ts'

const ANY_OPTIONS = t.json()

/** Options as a room is made with them. Throws TypeFault, and what a validator throws. */
export function checkOptions({ options: type }: Game, given: unknown): Json {
  return inRealm('options', () => (type ? validate(type, given) : checkValue(ANY_OPTIONS, given))) as Json
}
