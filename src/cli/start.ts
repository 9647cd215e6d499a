import { toError } from '../base/assert.ts'
import { setInEnvironment } from '../config/environment.ts'
import { SETTINGS, type SettingName } from '../config/settings.ts'
import { UsageError } from './args.ts'
import { defineCommand } from './command.ts'

const SETTING_OF = {
  games: 'GAMES',
  watch: 'GAME_WATCH',
  port: 'HTTP_PORT',
  host: 'HTTP_HOST',
  workers: 'WORKERS',
  'data-dir': 'DATA_DIR',
  config: 'CONFIG_FILE',
  'log-level': 'LOG_LEVEL',
} as const satisfies Readonly<Record<string, SettingName>>

export const command = defineCommand({
  usage: [
    'start [--games FILE] [--watch] [--port 8080] [--host 127.0.0.1] [--workers 2] [--data-dir DIR] [--config FILE] [--log-level info]',
  ],
  about: [
    'runs the server in the foreground; each option sets a setting and wins over the environment and the file',
    '--games: a file with a game, or a folder of such files (GAMES); may be repeated. --watch: reloads a game when its file is',
    'saved, and keeps its rooms and players; if that fails, the log says why (GAME_WATCH)',
  ],
  options: {
    games: { type: 'string', multiple: true },
    watch: { type: 'boolean' },
    port: { type: 'string' },
    host: { type: 'string' },
    workers: { type: 'string' },
    'data-dir': { type: 'string' },
    config: { type: 'string' },
    'log-level': { type: 'string' },
  },
  takesNames: false,
  run: async ({ values }) => {
    for (const [option, value] of Object.entries(values)) give(option as keyof typeof SETTING_OF, String(value))
    await import('../main.ts')
  },
})

/** Puts the option into the environment, so that it also applies after a reload. */
function give(option: keyof typeof SETTING_OF, value: string): void {
  const name = SETTING_OF[option]
  try {
    SETTINGS[name].kind.parse(value)
  } catch (error) {
    throw new UsageError(`--${option} must be ${toError(error).message}; it is ${JSON.stringify(value)}`)
  }
  setInEnvironment(name, value)
}
