/**
 * How long a test waits for an event before it fails: far longer than the slowest machine takes, so that a test never fails for being slow.
 * Nothing is to be promised of a time by a test; a proof does that (`npm run prove`).
 */
export const PATIENCE_MS = 60_000
