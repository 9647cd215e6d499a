import t from 'tap'
import { Channels, type Verdict } from '../../src/client/channels.ts'
import type { EventEnvelope, ReadyPayload, ResumedPayload } from '../../src/protocol/shapes/events.ts'
import { eventOf } from './scripted-server.ts'

t.test('an event whose prev was seen is delivered and moves the cursor', async (t) => {
  const channels = started(41)
  t.equal(take(channels, 44, 41), 'deliver')
  t.equal(take(channels, 50, 44), 'deliver')
  t.equal(channels.since, 'e7:50')
})

t.test('a prev below the last seen offset is no gap: the node may have forgotten the channel', async (t) => {
  t.equal(take(started(41), 44, 12), 'deliver')
})

t.test('an event at or below the last seen offset is a duplicate', async (t) => {
  const channels = started(41)
  take(channels, 44, 41)
  t.equal(take(channels, 44, 41), 'duplicate')
  t.equal(take(channels, 42, 41), 'duplicate')
  t.equal(channels.since, 'e7:44')
})

t.test('channels are checked apart: a user channel and a namespace do not know of each other', async (t) => {
  const channels = started(41)
  t.equal(take(channels, 60, 41), 'deliver')
  t.equal(take(channels, 50, 41, { eventType: 'core.game.state.send_message' }), 'deliver')
  t.equal(take(channels, 55, 50, { eventType: 'core.game.state.buy_good' }), 'deliver')
  t.equal(channels.since, 'e7:60')
})

t.test(
  "a new type of event counts to the channel that it names: the user's, or else its room's or the namespace's",
  async (t) => {
    const eventType = 'core.game.room.private_patch'
    for (const room of [undefined, 'arena']) {
      const channels = started(41)
      channels.joined('arena', 41)
      const sent = { eventType, channel: 'user', ...(room === undefined ? {} : { room }) } as const
      t.equal(take(channels, 50, 41, sent), 'deliver')
      t.equal(take(channels, 52, 50, sent), 'deliver')
      t.equal(take(channels, 51, 41), 'deliver', 'the namespace knows nothing of them')
      t.equal(take(channels, 53, 41, { room: 'arena' }), 'deliver', 'nor does the room')
      t.equal(take(channels, 60, 55, sent), 'gap')
    }
    const channels = started(41)
    t.equal(take(channels, 50, 41, { eventType }), 'deliver')
    t.equal(take(channels, 60, 55), 'gap', 'without the field it is the namespace')
  },
)

t.test('a gap sets the cursor back to where that channel was whole, past what others have seen', async (t) => {
  const channels = started(41)
  channels.joined('arena', 41)
  take(channels, 70, 41, { room: 'arena' })
  t.equal(take(channels, 72, 60), 'gap')
  t.equal(channels.since, 'e7:41')
})

t.test('a room starts at the offset of its join, which does not move the cursor', async (t) => {
  const channels = started(41)
  channels.joining('arena')
  channels.joined('arena', 50)
  t.equal(take(channels, 50, 49, { room: 'arena' }), 'duplicate')
  t.equal(take(channels, 53, 50, { room: 'arena' }), 'deliver')
  t.equal(take(channels, 60, 57, { room: 'arena' }), 'gap')
  t.equal(channels.since, 'e7:53')
  t.equal(take(channels, 48, 41), 'deliver', 'what was under way in another channel still counts')
})

t.test(
  'an event that comes before the reply to its join counts, and the reply does not hide its successor',
  async (t) => {
    const channels = started(41)
    channels.joining('arena')
    t.equal(take(channels, 51, 50, { room: 'arena' }), 'deliver')
    channels.joined('arena', 52)
    t.equal(take(channels, 52, 51, { room: 'arena' }), 'deliver')
  },
)

t.test('joining a room twice does not skip what is under way in it', async (t) => {
  const channels = started(41)
  channels.joined('arena', 50)
  channels.joining('arena')
  channels.joined('arena', 55)
  t.equal(take(channels, 53, 50, { room: 'arena' }), 'deliver')
})

t.test('a room that was left and joined again starts anew', async (t) => {
  const channels = started(41)
  channels.joined('arena', 50)
  channels.left('arena')
  t.same(channels.rooms, [])
  channels.joining('arena')
  t.equal(take(channels, 91, 90, { room: 'arena' }), 'deliver')
})

t.test('in a replay only duplicates are held back, and after it every channel starts at its end', async (t) => {
  const channels = started(41)
  channels.joined('arena', 41)
  take(channels, 44, 41)
  channels.resume(resumed({ recovered: true, replayed: 3, offset: 60, rooms: ['arena'] }))
  t.equal(channels.since, 'e7:44', 'a cut in mid-replay resumes from where it was')
  t.equal(take(channels, 44, 41), 'duplicate')
  t.equal(take(channels, 47, 46, { room: 'arena' }), 'deliver')
  t.equal(take(channels, 50, 44), 'deliver')
  t.equal(channels.since, 'e7:60')
  t.equal(take(channels, 66, 60, { room: 'arena' }), 'deliver')
  t.equal(take(channels, 67, 61), 'gap')
})

t.test('a resume that recovered nothing starts anew, with the rooms the server joined', async (t) => {
  const channels = started(41)
  channels.joined('arena', 41)
  channels.joined('lobby', 41)
  channels.resume(resumed({ recovered: false, epoch: 'e8', offset: 3, rooms: ['arena'] }))
  t.same(channels.rooms, ['arena'])
  t.equal(channels.since, 'e8:3')
  t.equal(take(channels, 4, 3, { room: 'arena' }), 'deliver')
})

t.test('an event without an offset is not of the log and is delivered as it is', async (t) => {
  const channels = started(41)
  const { offset: _offset, prev: _prev, ...rest } = eventOf(1, 0)
  t.equal(channels.take(rest as EventEnvelope), 'deliver')
  t.equal(channels.since, 'e7:41')
})

function started(offset: number): Channels {
  const channels = new Channels()
  channels.start({ epoch: 'e7', offset } as ReadyPayload)
  return channels
}

function resumed(payload: Partial<ResumedPayload>): ResumedPayload {
  return { epoch: 'e7', ...payload } as ResumedPayload
}

function take(channels: Channels, offset: number, prev: number, rest: Partial<EventEnvelope> = {}): Verdict {
  return channels.take(eventOf(offset, prev, rest))
}
