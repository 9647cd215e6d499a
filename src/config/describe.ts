import type { Config, Source } from './load.ts'
import { SETTINGS, SETTING_NAMES } from './settings.ts'
import type { Settings } from './settings.ts'

export type SettingValue = Settings[keyof Settings] | null

export interface DescribedSetting {
  readonly name: string
  /** Durations in milliseconds, sizes in bytes; null where nothing is set; a secret is never here. */
  readonly value: SettingValue
  readonly source: Source
}

export const HIDDEN = '(hidden)'

/** What is in force, in the table's order: for `drumbeat config` and GET /api/v1/config. */
export function describeSettings(config: Config): DescribedSetting[] {
  return SETTING_NAMES.map((name) => {
    const value = config.settings[name] ?? null
    const shown = SETTINGS[name].secret && value !== null ? HIDDEN : value
    return { name, value: shown, source: config.sources[name] }
  })
}
