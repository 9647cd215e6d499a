import path from 'node:path'
import type { Settings } from './settings.ts'

/** The folder of the games that come with Drumbeat. It is beside this folder in a clone and in the installed package. */
export const SAMPLES = path.resolve(import.meta.dirname, '../samples')
/** Whether the file belongs to one of these games. */
export function isOfSamples(file: string): boolean {
  return file.startsWith(SAMPLES + path.sep)
}

/** The path of the pages that play games. */
export const PLAY_PATH = '/play/'

/** Whether this server has pages that play the samples. It has none if it does not load the samples, or runs no games. */
export function hasSamplePages({
  SAMPLE_PAGES,
  GAMES,
  GAME_HOSTS,
}: Pick<Settings, 'SAMPLE_PAGES' | 'GAMES' | 'GAME_HOSTS'>): boolean {
  return SAMPLE_PAGES && GAME_HOSTS > 0 && GAMES.includes(SAMPLES)
}
