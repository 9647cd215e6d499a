import { LATEST_BY_ROOM } from './event-head.ts'
import { isUserChannel, type Channel } from './ids.ts'

/** Of an event in the log. */
export interface Place {
  readonly offset: number
  readonly prev: number
}

/**
 * How the frame of an event begins: `{"offset":…,"prev":…,` and what else is known of it here. The body is the JSON text of an object
 * with at least one field, so nothing is parsed: the front's last comma takes the place of the body's `{`.
 * @param flags see `EventHead`
 */
export function frameFront({ offset, prev }: Place, channel: Channel, flags: number, skipped = 0): string {
  const told = skipped === 0 ? '' : `"skipped":${skipped},`
  const goesTo = isUserChannel(channel) ? '"channel":"user",' : ''
  const delivery = (flags & LATEST_BY_ROOM) === 0 ? '' : '"delivery":"latest",'
  const place = `{"offset":${offset},"prev":${prev},`
  return told === '' && goesTo === '' && delivery === '' ? place : `${place}${told}${goesTo}${delivery}`
}
