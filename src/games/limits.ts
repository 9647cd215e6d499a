import { FORBIDDEN_KEY } from '../protocol/forbidden-key.ts'

/** How deep types, and JSON values inside them, may be nested. This also finds cycles. */
export const DEPTH_MAX = 64
/** How many entries an array, a map or a part of a JSON value may have if its type does not say. */
export const ENTRIES_MAX = 100_000

/** Whether setting this key would change an object's prototype. */
export const isForbiddenKey = (key: string): boolean => key === FORBIDDEN_KEY

const HALF_PAIR = /\p{Surrogate}/u

/** Whether the text survives encoding as UTF-8, which means that it has no half of a surrogate pair. */
export const isWellFormed = (text: string): boolean => !HALF_PAIR.test(text)
