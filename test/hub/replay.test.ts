import t from 'tap'
import { systemClock } from '../../src/base/clock.ts'
import { Hub } from '../../src/hub/hub.ts'
import { History } from '../../src/hub/history.ts'
import type { Channel } from '../../src/protocol/ids.ts'
import { PACKED, type PlacedEvent } from '../../src/protocol/placed-event.ts'
import { createMemoryStore } from '../../src/store/memory/memory-store.ts'
import { placed } from '../helpers/placed.ts'

const CHANNELS = Array.from({ length: 30 }, (_, i) => `r/private/room-${i}` as Channel)
const OTHER = 'r/private/elsewhere' as Channel

/** Channels in no regular order, some often and some seldom, and one in ten events of another channel. */
function channelOf(offset: number): Channel {
  if (offset % 10 === 0) return OTHER
  const spread = (offset * 2_654_435_761) % 900
  return CHANNELS[Math.floor(Math.sqrt(spread))] ?? OTHER
}

async function openHub(events: number) {
  const store = createMemoryStore({ clock: systemClock, epoch: 'e1' })
  const hub = await Hub.open({
    store,
    clock: systemClock,
    historyBytes: 1 << 30,
    historyTtlMs: 600_000,
    deliver: () => {},
  })
  const body = Buffer.from(JSON.stringify({ text: 'x'.repeat(200) }))
  for (let at = 1; at <= events; at += 1000) {
    const log = Array.from({ length: Math.min(1000, events - at + 1) }, (_, i) => ({
      channel: channelOf(at + i),
      body,
    }))
    await store.commit({ log, durable: false })
  }
  return hub
}

/** The offsets of a whole replay, chunk after chunk, as a client gets them. */
function replayAll(hub: Hub, channels: readonly Channel[] = CHANNELS) {
  const offsets: number[] = []
  let chunks = 0
  for (;;) {
    const replay = hub.replay({ epoch: 'e1', offset: offsets.at(-1) ?? 0 }, channels)
    if (!replay.recovered) throw new Error(replay.reason)
    chunks++
    for (const { offset } of replay.chunk.entries) offsets.push(offset)
    if (replay.chunk.complete) return { offsets, chunks }
  }
}

t.test('100,000 events over 30 channels are replayed once each, in order, in chunks', async (t) => {
  const hub = await openHub(100_000)
  const wanted = Array.from({ length: 100_000 }, (_, i) => i + 1).filter((offset) => channelOf(offset) !== OTHER)
  const { offsets, chunks } = replayAll(hub)
  t.ok(chunks > 100, `${chunks} chunks`)
  t.equal(offsets.length, wanted.length)
  t.equal(
    offsets.findIndex((offset, i) => offset !== wanted[i]),
    -1,
    'no other, none out of order',
  )
  t.strictSame(replayAll(hub, [...CHANNELS, ...CHANNELS]).offsets.length, wanted.length, 'channels named twice')
  const counted = hub.replay({ epoch: 'e1', offset: 50_000 }, CHANNELS, 0)
  t.strictSame(counted, {
    recovered: true,
    count: wanted.filter((offset) => offset > 50_000).length,
    chunk: { entries: [], complete: false },
  })
})

t.test('what a chunk reads does not depend on what is behind it', async (t) => {
  const readFor = (events: number) => {
    const history = new History({ bytesMax: 1 << 30, ttlMs: 1, floor: 0 })
    let reads = 0
    for (let i = 1; i <= events; i++)
      history.add(
        countingEntry(i, () => reads++),
        0,
      )
    reads = 0
    const after = history.after(0, CHANNELS)
    for (let i = 0; i < 300; i++) after.next()
    return reads
  }
  const [few, many] = [readFor(10_000), readFor(100_000)]
  t.ok(few < 300 * 30, `${few} offsets read for 300 events`)
  // Only the binary searches are longer: by about log2(10) steps in each of 30 channels.
  t.ok(many < few + 30 * 10, `${many} and ${few} offsets read`)
})

t.test('a chunk is bounded in bytes, has one event at least, and none where only the count is asked for', async (t) => {
  const hub = await openHub(100)
  const replay = (offset: number, chunkBytesMax: number) => {
    const result = hub.replay({ epoch: 'e1', offset }, CHANNELS, chunkBytesMax)
    if (!result.recovered) throw new Error(result.reason)
    const { entries, complete } = result.chunk
    return { count: result.count, offsets: entries.map((entry) => entry.offset), complete }
  }
  const eventBytes = PACKED.id + Buffer.byteLength(JSON.stringify({ offset: 91, prev: 81, text: 'x'.repeat(200) }))
  t.strictSame(replay(90, 1), { count: 9, offsets: [91], complete: false })
  t.strictSame(replay(90, eventBytes * 3), { count: 9, offsets: [91, 92, 93], complete: false })
  t.strictSame(replay(98, 1), { count: 1, offsets: [99], complete: true })
  t.strictSame(replay(90, 0), { count: 9, offsets: [], complete: false })
  t.strictSame(replay(99, 0), { count: 0, offsets: [], complete: true })
  t.strictSame(replay(100, 1), { count: 0, offsets: [], complete: true })
})

function countingEntry(offset: number, onRead: () => void): PlacedEvent {
  const get = () => {
    onRead()
    return offset
  }
  return Object.defineProperty(placed(channelOf(offset), offset), 'offset', { get })
}
