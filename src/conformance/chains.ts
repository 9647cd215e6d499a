import type { Fields } from './expect.ts'
import type { Frame } from './peer.ts'

/** The channel that an event names: the user's own, its room, or the namespace. */
export function channelOf(event: Frame): string {
  if (event['channel'] === 'user') return 'user'
  return typeof event['room'] === 'string' ? `room ${event['room']}` : 'namespace'
}

/** Returns a line for each offset that is not larger than the one before. */
export function disorderOf(events: readonly Frame[]): readonly string[] {
  return events.slice(1).flatMap((event, i) => {
    const [before, after] = [Number(events[i]?.['offset']), Number(event['offset'])]
    return after > before ? [] : [`offset ${after} after ${before}`]
  })
}

/**
 * Returns a line for each event whose `prev` is not the previous event of the channel. `start` is the offset from which on the
 * connection had the channel: the first `prev` must not be larger.
 */
export function brokenChainOf(channel: string, events: readonly Frame[], start: number): readonly string[] {
  let last: number | undefined
  return events
    .filter((event) => channelOf(event) === channel)
    .flatMap((event) => {
      const { offset, prev } = numbersOf(event)
      const holds = last === undefined ? prev <= start : prev === last
      const problem = `prev ${prev} at offset ${offset} of ${channel}, where ${last ?? `${start} or less`} was due`
      last = offset
      return holds && prev < offset ? [] : [problem]
    })
}

function numbersOf(event: Fields): { readonly offset: number; readonly prev: number } {
  return { offset: Number(event['offset']), prev: Number(event['prev'] ?? NaN) }
}

/** Returns a line for each event that came more than once. */
export function repeatedIn(events: readonly Frame[]): readonly string[] {
  const seen = new Set<unknown>()
  return events.flatMap(({ id, offset }) => {
    if (seen.has(id)) return [`the event ${String(id)} at offset ${String(offset)} twice`]
    seen.add(id)
    return []
  })
}
