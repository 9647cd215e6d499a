import { frameHead } from '../protocol/frame-head.ts'

/** Bytes of the frame of a body. */
export function frameLength(head: string, body: Uint8Array): number {
  return head.length + body.length - 1
}

/** Writes the frame to `target` from `start` on. */
export function writeFrame(target: Buffer, start: number, head: string, body: Uint8Array): void {
  // The body first: the head's last character then takes the place of its first.
  target.set(body, start + head.length - 1)
  target.write(head, start, 'latin1')
}

export function buildFrame(offset: number, prev: number, body: Uint8Array): Uint8Array {
  const head = frameHead(offset, prev)
  const frame = Buffer.allocUnsafe(frameLength(head, body))
  writeFrame(frame, 0, head, body)
  return frame
}
