import { readFrameHead } from '../../protocol/frame-head.ts'

/** Socket.IO's packet type EVENT, in the namespace `/`. */
const EVENT = '2'
/** Where an event's frame says its type: in front of anything that a client has said. */
const EVENT_TYPE = /"eventType":("[^"]+")/

/** An event that is in no log. */
export function eventPacket(name: string, argument: object): string {
  return `${EVENT}${JSON.stringify([name, argument])}`
}

/**
 * An event of the log, made of its JSON frame. With an epoch it has a second argument, the cursor: socket.io-client keeps the last
 * argument, and gives it back when it wants to be recovered.
 */
export function framePacket(frame: Uint8Array, epoch: string | undefined): string {
  const text = Buffer.from(frame.buffer, frame.byteOffset, frame.byteLength).toString()
  const type = EVENT_TYPE.exec(text)?.[1] ?? '""'
  const cursor = epoch === undefined ? '' : `,"${epoch}:${readFrameHead(frame).offset}"`
  return `${EVENT}[${type},${text}${cursor}]`
}

/** An event that says where the log is, as the first one of a connection does. */
export function cursorPacket(name: string, argument: object, epoch: string, offset: number): string {
  return `${EVENT}${JSON.stringify([name, argument, `${epoch}:${offset}`])}`
}
