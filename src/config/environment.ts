import type { Environment } from './load.ts'
import type { SettingName } from './settings.ts'

/** Returns a copy of the process's environment. Only this file reads the environment. */
export function readEnvironment(): Environment {
  return { ...process.env }
}

/** Whether `npx` (`npm exec`) has started this process. Npx runs commands in a shell. */
export function isRunByNpx({ npm_lifecycle_event: event }: Environment): boolean {
  return event === 'npx'
}

/** Sets a setting that was given on the command line. */
export function setInEnvironment(name: SettingName, value: string): void {
  process.env[name] = value
}
