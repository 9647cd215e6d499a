import { FORBIDDEN_KEY } from '../protocol/forbidden-key.ts'

/** How deeply types, and JSON values inside of them, may be nested. A cycle is found by it. */
export const DEPTH_MAX = 64
/** How many entries an array, a map or a part of a JSON value has at most if its type does not say. */
export const ENTRIES_MAX = 100_000

/** Whether setting this key would change the prototype of an object instead. */
export const isForbiddenKey = (key: string): boolean => key === FORBIDDEN_KEY

const HALF_PAIR = /\p{Surrogate}/u

/** Whether the text survives UTF-8: it holds no half of a surrogate pair. */
export const isWellFormed = (text: string): boolean => !HALF_PAIR.test(text)
