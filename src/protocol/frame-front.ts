import { LATEST_BY_ROOM } from './event-head.ts'
import { isUserChannel, type Channel } from './ids.ts'

/** The place of an event in the log. */
export interface Place {
  readonly offset: number
  readonly prev: number
}

/**
 * The beginning of an event's frame: `{"offset":…,"prev":…,` and the other fields that only the server knows. The body is the
 * JSON text of an object with at least one field. So it is not parsed: this text takes the place of its `{`.
 * @param flags see `EventHead`
 */
export function frameFront({ offset, prev }: Place, channel: Channel, flags: number, skipped = 0): string {
  const told = skipped === 0 ? '' : `"skipped":${skipped},`
  const goesTo = isUserChannel(channel) ? '"channel":"user",' : ''
  const delivery = (flags & LATEST_BY_ROOM) === 0 ? '' : '"delivery":"latest",'
  const place = `{"offset":${offset},"prev":${prev},`
  return told === '' && goesTo === '' && delivery === '' ? place : `${place}${told}${goesTo}${delivery}`
}
