/** An event, as any client has it. */
interface Placed {
  readonly eventType: string
  readonly channel?: unknown
  readonly room?: unknown
  readonly offset?: unknown
  readonly prev?: unknown
}

export interface Finding {
  readonly missing: number
  readonly twice: number
  readonly outOfOrder: number
  readonly brokenPrev: number
}

/** The channel a frame belongs to, as a client tells it. */
function channelOf(frame: Placed): string {
  if (frame.channel === 'user') return 'user'
  return typeof frame.room === 'string' ? `room ${frame.room}` : 'namespace'
}

/**
 * What one connection got, against what was accepted: `expected` has the offsets of all events of its channels. `cursor` is
 * where it began, and `roomCursor` where it joined its room.
 */
export function checkFrames(
  frames: readonly Placed[],
  expected: ReadonlySet<number>,
  { cursor, roomCursor = cursor }: { readonly cursor: number; readonly roomCursor?: number },
): Finding {
  const last = new Map<string, number>()
  const seen = new Set<number>()
  let [twice, outOfOrder, brokenPrev] = [0, 0, 0]
  let before = 0
  for (const frame of frames) {
    const offset = Number(frame.offset)
    const channel = channelOf(frame)
    if (seen.has(offset)) twice++
    if (offset <= before) outOfOrder++
    const start = frame.room === undefined ? cursor : roomCursor
    if (Number(frame.prev) > (last.get(channel) ?? start)) brokenPrev++
    seen.add(offset)
    last.set(channel, offset)
    before = offset
  }
  const missing = [...expected].filter((offset) => !seen.has(offset)).length
  return { missing, twice, outOfOrder, brokenPrev }
}

export const NOTHING_WRONG: Finding = { missing: 0, twice: 0, outOfOrder: 0, brokenPrev: 0 }
