import { closest, distance } from 'fastest-levenshtein'
import { SETTING_NAMES } from './settings.ts'

export interface Nearest {
  readonly name: string
  /** The number of letters to change, add or remove. */
  readonly distance: number
}

export function nearestSetting(name: string): Nearest {
  const found = closest(name.toUpperCase(), SETTING_NAMES)
  return { name: found, distance: distance(name, found) }
}

const SHORTEST_GUESSED = 6
/** A name of this length is recognized with two typing errors; a shorter one with one, as NODE_OS is not NODE_ID. */
const LONG = 12
/** Names that are close to settings but used for other things: the address of a host in Kubernetes, and a second port. */
const NOT_OURS = new Set(['NODE_IP', 'HTTPS_PORT'])

/** Returns the setting that an unknown name is obviously a misspelling of, or undefined if there is none. */
export function meantSetting(name: string): string | undefined {
  if (NOT_OURS.has(name)) return undefined
  const nearest = nearestSetting(name)
  if (nearest.distance === 0 || nearest.name.length < SHORTEST_GUESSED) return undefined
  const slipsMax = nearest.name.length < LONG ? 1 : 2
  return nearest.distance <= slipsMax || areSwapped(name, nearest.name) ? nearest.name : undefined
}

/** Whether the names differ only by two neighbouring letters that are swapped, which the distance counts as two changes. */
function areSwapped(one: string, other: string): boolean {
  if (one.length !== other.length) return false
  const at = Array.from(one).findIndex((letter, i) => letter !== other[i])
  return one.slice(0, at) + (one[at + 1] ?? '') + (one[at] ?? '') + one.slice(at + 2) === other
}
