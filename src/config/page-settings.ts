import { boolean } from './kinds.ts'
import { byWorkers, setting } from './setting.ts'

/** Settings of the pages that are served beside the console. */
export const PAGE_SETTINGS = {
  SAMPLE_PAGES: byWorkers(
    setting(
      boolean,
      'true',
      'Whether the sample games can be played at `/play/`. They can only if GAMES contains the folder of the samples.',
    ),
  ),
  GAME_PAGES: byWorkers(
    setting(
      boolean,
      'true',
      'Whether a folder `page` beside a game of GAMES is served at `/play/NAME/`. NAME is the name of the folder that both are in. Served are `.html`, `.css`, `.js`, `.ts` and `.svg` files.',
    ),
  ),
  DOCS_PAGES: byWorkers(
    setting(boolean, 'true', 'Whether the documentation is served at `/docs/` and the console links to it.'),
  ),
} as const
