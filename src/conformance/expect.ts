import { isDeepStrictEqual } from 'node:util'
import { isObject } from '../protocol/envelope.ts'

/** The server did not do what the contract says. */
export class Mismatch extends Error {
  override readonly name = 'Mismatch'

  constructor(expected: string, came: string) {
    super(`expected ${expected}; came ${came}`)
  }
}

/** This server does not allow the check. */
export class Skip extends Error {
  override readonly name = 'Skip'
}

export type Fields = Readonly<Record<string, unknown>>

const SHOWN_MAX = 300

/** Shows a value to people, in one line. */
export function show(value: unknown): string {
  const text = value === undefined ? 'nothing' : JSON.stringify(value)
  return text.length > SHOWN_MAX ? `${text.slice(0, SHOWN_MAX)}…` : text
}

export function expectThat(holds: boolean, expected: string, came: unknown): asserts holds {
  if (!holds) throw new Mismatch(expected, show(came))
}

/** Compares values at any depth. */
export function expectEqual(came: unknown, expected: unknown, what: string): void {
  expectThat(isDeepStrictEqual(came, expected), `${what} ${show(expected)}`, came)
}

export function expectInteger(came: unknown, what: string, least = 0): number {
  expectThat(typeof came === 'number' && Number.isSafeInteger(came) && came >= least, `${what}, an integer`, came)
  return came
}

export function expectText(came: unknown, what: string): string {
  expectThat(typeof came === 'string' && came !== '', `${what}, a string that is not empty`, came)
  return came
}

export function expectFields(came: unknown, what: string): Fields {
  expectThat(isObject(came), `${what}, an object`, came)
  return came
}

/** The fields of a value that should be an object. Returns none if it is not an object. */
export function fieldsOf(value: unknown): Fields {
  return isObject(value) ? value : {}
}

export function listOf(value: unknown, what: string): readonly unknown[] {
  expectThat(Array.isArray(value), `${what}, a list`, value)
  return value
}

/** Throws if there are problems. The message has the first of them. */
export function expectNone(problems: readonly string[], expected: string): void {
  const [first] = problems
  if (first === undefined) return
  throw new Mismatch(expected, problems.length === 1 ? first : `${first} (and ${problems.length - 1} more)`)
}
