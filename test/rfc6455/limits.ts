/** Of the server that the cases are played on. */
export const SOFT_BYTES = 128 * 1024
export const HARD_BYTES = 4 * SOFT_BYTES
