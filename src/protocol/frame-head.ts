/**
 * An event as members with the JSON encoding get it: `{"offset":…,"prev":…,` in front of the body's fields. The body is the JSON
 * text of an object with at least one field, so nothing is parsed: its `{` becomes the head's last comma.
 */
export function frameHead(offset: number, prev: number): string {
  return `{"offset":${offset},"prev":${prev},`
}

const utf8 = new TextEncoder()
const latin1 = new TextDecoder('latin1')
/** Two numbers of up to 16 digits. */
const HEAD_LENGTH_MAX = 60
const HEAD = /^\{"offset":(\d+),"prev":(\d+),/

export interface FrameHead {
  readonly offset: number
  readonly prev: number
  /** Bytes. */
  readonly length: number
}

/** Of a frame as `frameHead` began it; any other is a defect. */
export function readFrameHead(frame: Uint8Array): FrameHead {
  const text = latin1.decode(frame.subarray(0, HEAD_LENGTH_MAX))
  const found = HEAD.exec(text)
  if (!found) throw new Error(`a frame that begins with ${text}`)
  return { offset: Number(found[1]), prev: Number(found[2]), length: found[0].length }
}

/** The frame for somebody who did not get the `skipped` events before it. */
export function skipFrame(frame: Uint8Array, prev: number, skipped: number): Uint8Array {
  const { offset, length } = readFrameHead(frame)
  const head = utf8.encode(`${frameHead(offset, prev)}"skipped":${skipped},`)
  const changed = new Uint8Array(head.length + frame.length - length)
  changed.set(head)
  changed.set(frame.subarray(length), head.length)
  return changed
}
