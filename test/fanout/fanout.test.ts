import t from 'tap'
import { Fanout, topicOf } from '../../src/fanout/fanout.ts'
import type { BlockEvent } from '../../src/link/event-block.ts'
import type { Channel } from '../../src/protocol/ids.ts'

const A = 'n/a' as Channel
const B = 'n/b' as Channel

function setUp() {
  const done: string[] = []
  const counted: [events: number, deliveries: number][] = []
  const fanout = new Fanout({
    traces: { tracer: undefined },
    publish: (topic, frame, isBinary) =>
      done.push(`${topic} ${isBinary ? 'binary' : String(JSON.parse(Buffer.from(frame).toString()).offset)}`),
    onPublished: (events, deliveries) => counted.push([events, deliveries]),
  })
  return { fanout, done, counted }
}

const event = (offset: number, channel = A): BlockEvent => ({ channel, frame: Buffer.from(`{"offset":${offset}}`) })

t.test('events go to the topics of their channels, in order; those of nobody go nowhere', async (t) => {
  const { fanout, done, counted } = setUp()
  fanout.addMember(A, 'json')
  fanout.addMember(A, 'json')
  fanout.publish([event(1), event(2, B), event(3)])
  t.strictSame(done, ['j:n/a 1', 'j:n/a 3'])
  t.strictSame(counted, [[2, 4]], 'counted once for all of them')
  fanout.removeMember(A, 'json')
  fanout.removeMember(A, 'json')
  fanout.removeMember(A, 'json')
  fanout.publish([event(4)])
  t.equal(done.length, 2)
  t.equal(counted.length, 1)
})

t.test('a frame is built for each encoding that has members, and for no other', async (t) => {
  const { fanout, done, counted } = setUp()
  fanout.addMember(A, 'msgpack')
  fanout.addMember(A, 'msgpack')
  fanout.publish([event(2)])
  t.strictSame(done, [`${topicOf(A, 'msgpack')} binary`])
  fanout.addMember(A, 'json')
  fanout.publish([event(3)])
  t.strictSame(done.slice(1), [`${topicOf(A, 'json')} 3`, `${topicOf(A, 'msgpack')} binary`])
  t.strictSame(counted, [
    [1, 2],
    [1, 3],
  ])
})
