import { ConfigError, loadConfig } from '../../src/config/load.ts'
import type { Environment } from '../../src/config/load.ts'

/** The mistakes of a configuration given by the environment alone; empty where it is accepted. */
export function mistakesOf(env: Environment): readonly string[] {
  try {
    loadConfig({ env })
    return []
  } catch (error) {
    if (error instanceof ConfigError) return error.mistakes
    throw error
  }
}
