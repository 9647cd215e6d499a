import type { JsonValue } from '../protocol/events.ts'

/**
 * `T` itself if JSON can express it, whether it is an interface or a type alias. What JSON cannot express (a function, a bigint,
 * a Date, a Map, undefined in an array) becomes `never`, which no value fits. A property may be undefined: it is left out.
 *
 * ```ts
 * function send<T>(value: T & Jsonable<T>): void
 * ```
 */
export type Jsonable<T> = T extends JsonValue
  ? T
  : T extends Unsayable
    ? never
    : T extends readonly unknown[]
      ? { [Index in keyof T]: Jsonable<T[Index]> }
      : T extends object
        ? { [Key in keyof T]: Jsonable<Exclude<T[Key], undefined>> | Extract<T[Key], undefined> }
        : never

type Unsayable =
  | ((...args: never) => unknown)
  | (abstract new (...args: never) => unknown)
  | bigint
  | symbol
  | undefined
