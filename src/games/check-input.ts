import { decodeMsgpack, encodeMsgpack } from '../protocol/msgpack.ts'
import { inRealm } from './realm.ts'
import { isStandardSchema, validate, type Validator } from './standard-schema.ts'

/**
 * Checks an input, and returns it as its validator gives it and as the journal will hold it. Throws TypeFault, or what a faulty
 * validator throws.
 */
export function checkInput(name: string, type: Validator, value: unknown): unknown {
  const valid = inRealm(`inputs.${name}`, () => validate(type, value))
  // A type of t returns a copy that is plain data. Another validator may return anything, so this makes a plain copy.
  return isStandardSchema(type) ? decodeMsgpack(encodeMsgpack(valid)) : valid
}
