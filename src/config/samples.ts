import path from 'node:path'
import type { Settings } from './settings.ts'

/** The folder of the games that come with Drumbeat: beside this one, in a clone and in the installed package. */
export const SAMPLES = path.resolve(import.meta.dirname, '../samples')
/** Where they are played. */
export const PLAY_PATH = '/play/'

/** Whether this server has pages to play the samples: not if they are not among its games, or nothing runs games. */
export function hasSamplePages({
  SAMPLE_PAGES,
  GAMES,
  GAME_HOSTS,
}: Pick<Settings, 'SAMPLE_PAGES' | 'GAMES' | 'GAME_HOSTS'>): boolean {
  return SAMPLE_PAGES && GAME_HOSTS > 0 && GAMES.includes(SAMPLES)
}
