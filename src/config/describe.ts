import type { Config, Source } from './load.ts'
import { SETTINGS, SETTING_NAMES } from './settings.ts'
import type { Settings } from './settings.ts'

export type SettingValue = Settings[keyof Settings] | null

export interface DescribedSetting {
  readonly name: string
  /** Durations are in milliseconds and sizes in bytes. Null if the setting has no value. A secret is replaced by HIDDEN. */
  readonly value: SettingValue
  readonly source: Source
}

export const HIDDEN = '(hidden)'

/** Lists the settings in force, in the order of `SETTINGS`, for `drumbeat config` and GET /api/v1/config. */
export function describeSettings(config: Config): DescribedSetting[] {
  return SETTING_NAMES.map((name) => {
    const value = config.settings[name] ?? null
    const shown = SETTINGS[name].secret && value !== null ? HIDDEN : value
    return { name, value: shown, source: config.sources[name] }
  })
}
