import { decodeMsgpack, encodeMsgpack } from '../protocol/msgpack.ts'
import { inRealm } from './realm.ts'
import { isStandardSchema, validate, type Validator } from './standard-schema.ts'

/** An input as its validator has it, and as the journal will have it. Throws TypeFault, and what a validator throws that should not. */
export function checkInput(name: string, type: Validator, value: unknown): unknown {
  const valid = inRealm(`inputs.${name}`, () => validate(type, value))
  // A type of t gives a copy of plain data; what another validator gives is not known.
  return isStandardSchema(type) ? decodeMsgpack(encodeMsgpack(valid)) : valid
}
