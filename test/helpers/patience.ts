/**
 * How long a test waits for an event before it fails. It is far longer than the slowest machine takes, so that a test never fails
 * because a machine is slow. A test makes no promise about time; a proof does (`npm run prove`).
 */
export const PATIENCE_MS = 60_000
