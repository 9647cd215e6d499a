import { checkValue, TypeFault } from './sync/shape.ts'
import type { GameType } from './types.ts'

/** The interface that zod, valibot, arktype and others offer: https://standardschema.dev, version 1. */
export interface StandardSchema<Output = unknown> {
  readonly '~standard': {
    readonly version: 1
    readonly vendor: string
    readonly validate: (value: unknown) => StandardResult<Output> | PromiseLike<StandardResult<Output>>
    readonly types?: { readonly input: unknown; readonly output: Output } | undefined
  }
}

type StandardResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly StandardIssue[] }

interface StandardIssue {
  readonly message: string
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined
}

/** Checks values from outside: a type of `t`, or any Standard Schema. */
export type Validator<T = unknown> = GameType<T> | StandardSchema<T>

export function isStandardSchema(validator: object): validator is StandardSchema {
  return '~standard' in validator
}

/** Returns a fresh copy of the value as the validator gives it. Throws TypeFault with the path. */
export function validate<T>(validator: Validator<T>, value: unknown): T {
  if (!isStandardSchema(validator)) return checkValue(validator, value)
  const result = validator['~standard'].validate(value)
  if ('then' in result) throw new TypeFault('its validator is asynchronous, but an input has to be checked at once')
  if (result.issues === undefined) return result.value
  const [issue] = result.issues
  const fault = new TypeFault(issue?.message ?? 'does not fit')
  const path = pathOf(issue)
  throw path === '' ? fault : fault.under(path)
}

function pathOf(issue: StandardIssue | undefined): string {
  const keys = issue?.path?.map((part) => String(typeof part === 'object' ? part.key : part)) ?? []
  return keys.join('.')
}
