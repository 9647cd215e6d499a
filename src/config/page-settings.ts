import { boolean } from './kinds.ts'
import { byWorkers, setting } from './setting.ts'

/** Which pages there are beside the console. */
export const PAGE_SETTINGS = {
  SAMPLE_PAGES: byWorkers(
    setting(
      boolean,
      'true',
      'Whether the samples can be played at `/play/`, if GAMES has the folder of the samples that come with Drumbeat.',
    ),
  ),
  GAME_PAGES: byWorkers(
    setting(
      boolean,
      'true',
      'Whether a folder `page` beside a game of GAMES is served at `/play/NAME/`, by the name of the folder that both are in: `.html`, `.css`, `.js`, `.ts` and `.svg`.',
    ),
  ),
  DOCS_PAGES: byWorkers(
    setting(boolean, 'true', 'Whether the documentation is served at `/docs/`, and the console has a link to it.'),
  ),
} as const
