const HALF_PAIR = /\p{Surrogate}/u

/** Whether the text survives encoding as UTF-8, which means that it has no half of a surrogate pair. */
export const isWellFormed = (text: string): boolean => !HALF_PAIR.test(text)
