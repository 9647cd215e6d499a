import type { Channel } from '../protocol/ids.ts'
import { PlacedEvent } from '../protocol/placed-event.ts'

/**
 * Events in one piece: what the link carries most is not worth a general encoding, and a block can be written to several
 * workers. Little-endian: u32 channels, u32 events; a u32 length for each channel; for each event the f64 offset, the f64 prev, the
 * u32 index of its channel and the u32 length of what is packed; the channels' names as UTF-8; the packed events (`PlacedEvent`).
 */
const HEAD_BYTES = 8
const CHANNEL_BYTES = 4
const EVENT_BYTES = 24

export function encodeEventBlock(events: readonly PlacedEvent[]): Buffer {
  const indexes = new Map<Channel, number>()
  const names: { readonly channel: Channel; readonly length: number }[] = []
  let bytes = HEAD_BYTES + events.length * EVENT_BYTES
  for (const { channel, length } of events) {
    bytes += length
    if (indexes.has(channel)) continue
    indexes.set(channel, names.length)
    const nameLength = Buffer.byteLength(channel)
    names.push({ channel, length: nameLength })
    bytes += CHANNEL_BYTES + nameLength
  }
  const block = Buffer.allocUnsafe(bytes)
  block.writeUInt32LE(names.length, 0)
  block.writeUInt32LE(events.length, 4)
  let at = HEAD_BYTES
  for (const { length } of names) at = block.writeUInt32LE(length, at)
  for (const { channel, offset, prev, length } of events) {
    at = block.writeDoubleLE(offset, at)
    at = block.writeDoubleLE(prev, at)
    at = block.writeUInt32LE(indexes.get(channel) ?? 0, at)
    at = block.writeUInt32LE(length, at)
  }
  for (const { channel } of names) at += block.write(channel, at)
  for (const event of events) {
    block.set(event.bytes, at)
    at += event.length
  }
  return block
}

/** The events of a block, in order; they are views of it. */
export function decodeEventBlock(block: Buffer): PlacedEvent[] {
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
  const events: PlacedEvent[] = []
  for (let i = 0; i < eventCount; i++) {
    const eventAt = eventsAt + i * EVENT_BYTES
    const place = { offset: block.readDoubleLE(eventAt), prev: block.readDoubleLE(eventAt + 8) }
    const channel = channels[block.readUInt32LE(eventAt + 16)]
    const end = at + block.readUInt32LE(eventAt + 20)
    if (channel === undefined || end > block.length) throw new Error('a broken block of events')
    events.push(new PlacedEvent(channel, place, block, at, end))
    at = end
  }
  return events
}
