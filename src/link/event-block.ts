import type { Channel } from '../protocol/ids.ts'
import { PlacedEvent } from '../protocol/placed-event.ts'

/**
 * Encodes events as one block. Most of the link's traffic is events, so they are not encoded as messages, and a block can be
 * written to several workers. Little-endian:
 * - u32 number of channels, u32 number of events;
 * - for each channel the u32 length of its name;
 * - for each event the f64 offset, f64 prev, u32 index of its channel, u32 length of its packed form;
 * - the names of the channels as UTF-8;
 * - the packed events (`PlacedEvent`).
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
  const view = viewOf(block)
  view.setUint32(0, names.length, true)
  view.setUint32(4, events.length, true)
  let at = HEAD_BYTES
  for (const { length } of names) {
    view.setUint32(at, length, true)
    at += CHANNEL_BYTES
  }
  for (const { channel, offset, prev, length } of events) {
    view.setFloat64(at, offset, true)
    view.setFloat64(at + 8, prev, true)
    view.setUint32(at + 16, indexes.get(channel) ?? 0, true)
    view.setUint32(at + 20, length, true)
    at += EVENT_BYTES
  }
  for (const { channel } of names) at += block.write(channel, at)
  for (const event of events) {
    block.set(event.bytes, at)
    at += event.length
  }
  return block
}

/** Decodes the events of a block, in order. They are views of the block. */
export function decodeEventBlock(block: Buffer): PlacedEvent[] {
  const view = viewOf(block)
  const channelCount = view.getUint32(0, true)
  const eventCount = view.getUint32(4, true)
  const eventsAt = HEAD_BYTES + channelCount * CHANNEL_BYTES
  let at = eventsAt + eventCount * EVENT_BYTES
  const channels: Channel[] = []
  for (let i = 0; i < channelCount; i++) {
    const end = at + view.getUint32(HEAD_BYTES + i * CHANNEL_BYTES, true)
    channels.push(block.toString('utf8', at, end) as Channel)
    at = end
  }
  const events: PlacedEvent[] = []
  for (let i = 0; i < eventCount; i++) {
    const eventAt = eventsAt + i * EVENT_BYTES
    const place = { offset: view.getFloat64(eventAt, true), prev: view.getFloat64(eventAt + 8, true) }
    const channel = channels[view.getUint32(eventAt + 16, true)]
    const end = at + view.getUint32(eventAt + 20, true)
    if (channel === undefined || end > block.length) throw new Error('a broken block of events')
    events.push(new PlacedEvent(channel, place, block, at, end))
    at = end
  }
  return events
}

function viewOf(block: Buffer): DataView {
  return new DataView(block.buffer, block.byteOffset, block.length)
}
