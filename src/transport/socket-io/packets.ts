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
 * An event of the log, made of its JSON frame. The last argument is what socket.io-client keeps, and gives back when it
 * wants to be recovered: the cursor.
 */
export function framePacket(frame: Uint8Array, epoch: string): string {
  const text = Buffer.from(frame.buffer, frame.byteOffset, frame.byteLength).toString()
  const type = EVENT_TYPE.exec(text)?.[1] ?? '""'
  return `${EVENT}[${type},${text},"${epoch}:${readFrameHead(frame).offset}"]`
}

/** An event that says where the log is, as the first one of a connection does. */
export function cursorPacket(name: string, argument: object, epoch: string, offset: number): string {
  return `${EVENT}${JSON.stringify([name, argument, `${epoch}:${offset}`])}`
}
