import type { Channel } from '../protocol/ids.ts'

/** An event on its way to a worker. */
export interface BlockEvent {
  readonly channel: Channel
  /** See `event-frame.ts` of the hub. */
  readonly frame: Uint8Array
}

/**
 * Events in one piece: what the link carries most is not worth a general encoding, and a block can be written to several
 * workers. Little-endian: u32 channels, u32 events; a u32 length for each channel; for each event the u32 index of its
 * channel and the u32 length of its frame; the channels' names as UTF-8; the frames.
 */
const HEAD_BYTES = 8
const CHANNEL_BYTES = 4
const EVENT_BYTES = 8

export function encodeEventBlock(events: readonly BlockEvent[]): Buffer {
  const indexes = new Map<Channel, number>()
  const names: Buffer[] = []
  let bytes = HEAD_BYTES + events.length * EVENT_BYTES
  for (const { channel, frame } of events) {
    bytes += frame.length
    if (indexes.has(channel)) continue
    indexes.set(channel, names.length)
    const name = Buffer.from(channel)
    names.push(name)
    bytes += CHANNEL_BYTES + name.length
  }
  const block = Buffer.allocUnsafe(bytes)
  block.writeUInt32LE(names.length, 0)
  block.writeUInt32LE(events.length, 4)
  let at = HEAD_BYTES
  for (const name of names) at = block.writeUInt32LE(name.length, at)
  for (const { channel, frame } of events) {
    block.writeUInt32LE(indexes.get(channel) ?? 0, at)
    at = block.writeUInt32LE(frame.length, at + 4)
  }
  for (const name of names) {
    block.set(name, at)
    at += name.length
  }
  for (const { frame } of events) {
    block.set(frame, at)
    at += frame.length
  }
  return block
}

/** The events of a block, in order; the frames are views of it. */
export function decodeEventBlock(block: Buffer): BlockEvent[] {
  const channelCount = block.readUInt32LE(0)
  const eventCount = block.readUInt32LE(4)
  const eventsAt = HEAD_BYTES + channelCount * CHANNEL_BYTES
  let at = eventsAt + eventCount * EVENT_BYTES
  const channels: Channel[] = []
  for (let i = 0; i < channelCount; i++) {
    const end = at + block.readUInt32LE(HEAD_BYTES + i * CHANNEL_BYTES)
    channels.push(block.toString('utf8', at, end) as Channel)
    at = end
  }
  const events: BlockEvent[] = []
  for (let i = 0; i < eventCount; i++) {
    const channel = channels[block.readUInt32LE(eventsAt + i * EVENT_BYTES)]
    const end = at + block.readUInt32LE(eventsAt + i * EVENT_BYTES + 4)
    if (channel === undefined || end > block.length) throw new Error('a broken block of events')
    events.push({ channel, frame: block.subarray(at, end) })
    at = end
  }
  return events
}
