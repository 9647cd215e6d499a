import { standardError } from '../base/line-output.ts'
import { localUrl } from '../config/listen.ts'
import { gamePagesOf, pathOfPage } from '../config/game-pages.ts'
import type { Config } from '../config/load.ts'
import { hasSamplePages, PLAY_PATH } from '../config/samples.ts'

/** For a person at a terminal or in front of a log: where it is, and something to try at once. */
export function printWelcome({ settings, sources }: Config, port: number): void {
  const { HTTP_HOST, API_PATH_PREFIX } = settings
  // A token is made with the secret of the same folder, so the command has to name it, too.
  const given = (['CONFIG_FILE', 'DATA_DIR'] as const).filter((name) => sources[name] === 'environment')
  const environment = given.map((name) => `${name}=${settings[name]} `).join('')
  const url = localUrl({ host: HTTP_HOST, port })
  standardError().write(
    [
      '',
      `  Drumbeat is running at ${url}  (the console: open it in a browser)`,
      ...(hasSamplePages(settings) ? [`  Play in two tabs       ${url}${PLAY_PATH}`] : []),
      ...gamePagesOf(settings).map((page) => `  Play in two tabs       ${url}${pathOfPage(page)}`),
      `  Guests connect to      ${url.replace('http', 'ws')}${API_PATH_PREFIX}/public`,
      `  Watch events           npx drumbeat tail --url ${url}`,
      `  Make a player token    ${environment}npx drumbeat token alice`,
      '',
      '',
    ].join('\n'),
  )
}
