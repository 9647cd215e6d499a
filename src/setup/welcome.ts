import { standardError } from '../base/line-output.ts'
import { hasSignIn, signInUrl } from '../config/development.ts'
import { DEV_SECRET_FILES, ensureSecret } from '../config/dev-secrets.ts'
import { gamePagesOf, pathOfPage } from '../config/game-pages.ts'
import { localUrl } from '../config/listen.ts'
import type { Config } from '../config/load.ts'
import { hasSamplePages, PLAY_PATH } from '../config/samples.ts'

/** Prints where the server is and what to do next, for a person at a terminal or in front of a log. */
export function printWelcome(config: Config, port: number): void {
  standardError().write(['', ...welcomeLines(config, port), '', ''].join('\n'))
}

/** Returns five lines if there is one page to play at, and one more for each further page. */
export function welcomeLines({ settings, sources }: Config, port: number): readonly string[] {
  // The command must find the secret of this server, so it names the same folder.
  const given = (['CONFIG_FILE', 'DATA_DIR'] as const).filter((name) => sources[name] === 'environment')
  const environment = given.map((name) => `${name}=${settings[name]} `).join('')
  const url = localUrl({ host: settings.HTTP_HOST, port })
  const pages = [...(hasSamplePages(settings) ? [PLAY_PATH] : []), ...gamePagesOf(settings).map(pathOfPage)]
  return [
    `  Drumbeat is running at ${url}`,
    `  Console   ${consoleOf(settings, url)}`,
    ...pages.map((page) => `  Play      ${url}${page}  (in two tabs)`),
    `  Token     ${environment}npx drumbeat token alice`,
    `  Docs      ${settings.DOCS_PAGES ? `${url}/docs/` : 'docs/README.md'}`,
  ]
}

function consoleOf(settings: Config['settings'], url: string): string {
  if (!hasSignIn(settings)) return `${url}/`
  const { secret } = ensureSecret(settings.DATA_DIR, DEV_SECRET_FILES.admin)
  return `${signInUrl(url, secret)}  (one click signs you in)`
}
