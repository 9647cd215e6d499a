import { checkType } from './type-check.ts'

/** A value that `oneOf` and `literal` may name. */
export type Constant = boolean | number | string

/** Any JSON value without null. */
export type Json = Constant | Json[] | { [key: string]: Json }

/**
 * A type is its own description: plain JSON, which a client gets as `types`. Fields of an object are numbered in the order in
 * which JavaScript enumerates them: first names that are integers, ascending, then the others as declared.
 */
export type TypeDescription =
  | LeafDescription
  | ObjectDescription
  | ListDescription<'array'>
  | ListDescription<'map'>
  | ListDescription<'record'>
  | { readonly kind: 'optional'; readonly of: TypeDescription }
  | { readonly kind: 'json' }

/** The types of single values. */
export type LeafDescription =
  | { readonly kind: NumberKind | 'boolean' }
  | FixedDescription
  | { readonly kind: 'string'; readonly max: number }
  | { readonly kind: 'oneOf'; readonly values: readonly Constant[] }
  | { readonly kind: 'literal'; readonly value: Constant }

export type NumberKind = 'int8' | 'int16' | 'int32' | 'uint8' | 'uint16' | 'uint32' | 'float32' | 'float64'

/** The numbers `min + k * step` up to `max`. */
export interface FixedDescription {
  readonly kind: 'fixed'
  readonly min: number
  readonly max: number
  readonly step: number
}

export interface ObjectDescription {
  readonly kind: 'object'
  readonly fields: { readonly [name: string]: TypeDescription }
}

/** `max`: how many entries are allowed. By default `ENTRIES_MAX`. */
export interface ListDescription<Kind> {
  readonly kind: Kind
  readonly of: TypeDescription
  readonly max?: number
}

declare const VALUE: unique symbol

/** A description that carries the TypeScript type of its values. The property does not exist at run time. */
export type GameType<T> = TypeDescription & { readonly [VALUE]?: T }

type OptionalType<T> = { readonly kind: 'optional'; readonly of: TypeDescription } & { readonly [VALUE]?: T }

export type ValueOf<Type> = Type extends { readonly [VALUE]?: infer T } ? T : never

/** The types of an object's fields, by name. */
export interface Fields {
  readonly [name: string]: TypeDescription & { readonly [VALUE]?: unknown }
}

type OptionalNames<F> = { [K in keyof F]: F[K] extends { readonly kind: 'optional' } ? K : never }[keyof F]
type Flat<T> = { [K in keyof T]: T[K] }

export type ObjectOf<F extends Fields> = Flat<
  { -readonly [K in Exclude<keyof F, OptionalNames<F>>]: ValueOf<F[K]> } & {
    -readonly [K in OptionalNames<F>]?: ValueOf<F[K]> | undefined
  }
>

function checked<T>(type: TypeDescription): GameType<T> {
  checkType(type)
  return type
}

const number = (kind: NumberKind) => (): GameType<number> => ({ kind })

const list = <Kind>(kind: Kind, of: TypeDescription, max?: number): ListDescription<Kind> =>
  max === undefined ? { kind, of } : { kind, of, max }

function json(): GameType<Json>
function json<T>(): GameType<T>
function json(): GameType<Json> {
  return { kind: 'json' }
}

/** The builders of types. Each throws a TypeError with the reason if its arguments contradict each other. */
export const t = {
  /** An object with exactly these fields. */
  object: <F extends Fields>(fields: F): GameType<ObjectOf<F>> => checked({ kind: 'object', fields }),
  /** An object of entries with any keys. A patch contains only the entries that changed. */
  map: <T>(of: GameType<T>, max?: number): GameType<{ [key: string]: T }> => checked(list('map', of, max)),
  /** Like `map`, but a binary patch contains all entries if one changed. It is for a few small values that change together. */
  record: <T>(of: GameType<T>, max?: number): GameType<{ [key: string]: T }> => checked(list('record', of, max)),
  /** A list. If an element changed, a patch contains all of it. */
  array: <T>(of: GameType<T>, max?: number): GameType<T[]> => checked(list('array', of, max)),
  /** A field that may be absent. Only for a field of an object. */
  optional: <T>(of: GameType<T>): OptionalType<T> => {
    const type = { kind: 'optional', of } as const
    checkType(type, { isField: true })
    return type
  },
  boolean: (): GameType<boolean> => ({ kind: 'boolean' }),
  /** A whole number. A fraction is refused; `fixed(min, max, 1)` rounds instead. */
  int8: number('int8'),
  int16: number('int16'),
  int32: number('int32'),
  uint8: number('uint8'),
  uint16: number('uint16'),
  uint32: number('uint32'),
  /** A finite number, rounded to the precision of a float. */
  float32: number('float32'),
  float64: number('float64'),
  /** A number that is rounded to `min` plus a multiple of `step`. The range is checked after rounding. */
  fixed: (min: number, max: number, step: number): GameType<number> => checked({ kind: 'fixed', min, max, step }),
  /** Text of at most `max` UTF-16 units. */
  string: (max: number): GameType<string> => checked({ kind: 'string', max }),
  oneOf: <const V extends readonly Constant[]>(...values: V): GameType<V[number]> => checked({ kind: 'oneOf', values }),
  literal: <const V extends Constant>(value: V): GameType<V> => checked({ kind: 'literal', value }),
  /** Any JSON value without null. The TypeScript type is only asserted: nothing checks it. */
  json,
}

/**
 * Reads a type from JSON.
 * @throws TypeError with the reason if it is not a type
 */
export function parseType(json: unknown): TypeDescription {
  checkType(json)
  return json as TypeDescription
}
