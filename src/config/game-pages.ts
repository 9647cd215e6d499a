import { statSync } from 'node:fs'
import path from 'node:path'
import { GAME_NAME } from '../protocol/ids.ts'
import { PLAY_PATH } from './samples.ts'
import type { Settings } from './settings.ts'

/** A folder of files that are served at `/play/NAME/`. */
export interface GamePage {
  readonly name: string
  readonly folder: string
}

const FOLDER = 'page'

/**
 * Finds the folders `page` beside the games of GAMES. The name of a page is the name of the folder that the page and the game
 * are in. A folder whose name cannot be the name of a game has no page.
 */
export function gamePagesOf({
  GAME_PAGES,
  GAMES,
  GAME_HOSTS,
}: Pick<Settings, 'GAME_PAGES' | 'GAMES' | 'GAME_HOSTS'>): readonly GamePage[] {
  if (!GAME_PAGES || GAME_HOSTS === 0) return []
  const pages = new Map<string, GamePage>()
  for (const place of GAMES) {
    const beside = isFolder(place) ? place : path.dirname(place)
    const [name, folder] = [path.basename(beside), path.join(beside, FOLDER)]
    if (GAME_NAME.test(name) && !pages.has(name) && isFolder(folder)) pages.set(name, { name, folder })
  }
  return [...pages.values()]
}

export function pathOfPage({ name }: GamePage): string {
  return `${PLAY_PATH}${name}/`
}

function isFolder(place: string): boolean {
  return statSync(place, { throwIfNoEntry: false })?.isDirectory() === true
}
