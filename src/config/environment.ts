import type { Environment } from './load.ts'
import type { SettingName } from './settings.ts'

/** The process's environment as it is now, a copy. Nothing else reads it. */
export function readEnvironment(): Environment {
  return { ...process.env }
}

/** Whether `npx` (`npm exec`) has started this process, by way of a shell. */
export function isRunByNpx({ npm_lifecycle_event: event }: Environment): boolean {
  return event === 'npx'
}

/** For a setting that the command line gives. */
export function setInEnvironment(name: SettingName, value: string): void {
  process.env[name] = value
}
