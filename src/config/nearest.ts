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
/** From this length on two slips are as obvious as one is in a short name: NODE_AZ and NODE_OS are not NODE_ID. */
const LONG = 12
/** Close to names of ours, and in use for other things: Kubernetes' usual name for a host's address, and a second port. */
const NOT_OURS = new Set(['NODE_IP', 'HTTPS_PORT'])

/** The setting that a foreign variable of the environment was obviously meant to be. The rest is other programs' business. */
export function meantSetting(name: string): string | undefined {
  if (NOT_OURS.has(name)) return undefined
  const nearest = nearestSetting(name)
  if (nearest.distance === 0 || nearest.name.length < SHORTEST_GUESSED) return undefined
  const slipsMax = nearest.name.length < LONG ? 1 : 2
  return nearest.distance <= slipsMax || areSwapped(name, nearest.name) ? nearest.name : undefined
}

/** Whether two letters that stand side by side are exchanged, which counts as two changes. */
function areSwapped(one: string, other: string): boolean {
  if (one.length !== other.length) return false
  const at = Array.from(one).findIndex((letter, i) => letter !== other[i])
  return one.slice(0, at) + (one[at + 1] ?? '') + (one[at] ?? '') + one.slice(at + 2) === other
}
