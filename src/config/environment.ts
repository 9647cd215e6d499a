import type { Environment } from './load.ts'

/** The process's environment as it is now, a copy. Nothing else reads it. */
export function readEnvironment(): Environment {
  return { ...process.env }
}
