import { closest, distance } from 'fastest-levenshtein'
import { SETTING_NAMES } from './settings.ts'

export interface Nearest {
  readonly name: string
  /** Letters to change, add or take away. */
  readonly distance: number
}

export function nearestSetting(name: string): Nearest {
  const found = closest(name.toUpperCase(), SETTING_NAMES)
  return { name: found, distance: distance(name, found) }
}

const SHORTEST_GUESSED = 6
const FARTHEST_GUESSED = 2
/** Close to names of ours, and in use for other things: Kubernetes' usual name for a host's address, and a second port. */
const NOT_OURS = new Set(['NODE_IP', 'HTTPS_PORT'])

/** The setting that a foreign variable of the environment was obviously meant to be. The rest is other programs' business. */
export function meantSetting(name: string): string | undefined {
  if (NOT_OURS.has(name)) return undefined
  const nearest = nearestSetting(name)
  const obvious = nearest.distance > 0 && nearest.distance <= FARTHEST_GUESSED
  return obvious && nearest.name.length >= SHORTEST_GUESSED ? nearest.name : undefined
}
