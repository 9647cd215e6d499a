import t from 'tap'
import { Fanout, type Member } from '../../src/fanout/fanout.ts'
import type { Encoding } from '../../src/protocol/events.ts'
import { namespaceChannel, userChannel, type Channel, type Namespace, type UserId } from '../../src/protocol/ids.ts'
import type { PlacedEvent } from '../../src/protocol/placed-event.ts'
import { placed } from '../helpers/placed.ts'

const A = namespaceChannel('a' as Namespace)
const B = namespaceChannel('b' as Namespace)
const ZOE = userChannel('zoe' as UserId)
const YAN = userChannel('yan' as UserId)

function setUp() {
  const done: string[] = []
  const counted: [events: number, deliveries: number][] = []
  const show = (frame: Uint8Array, isBinary: boolean): string =>
    isBinary ? 'binary' : String(JSON.parse(Buffer.from(frame).toString()).offset)
  const fanout = new Fanout({
    traces: { tracer: undefined },
    publish: (topic, frame, isBinary) => done.push(`${topic} ${show(frame, isBinary)}`),
    onPublished: (events, deliveries) => counted.push([events, deliveries]),
  })
  const member = (name: string, encoding: Encoding = 'json', lag?: object): Member => ({
    encoding,
    lag,
    socket: {
      subscribe: (topic) => done.push(`${name} + ${topic}`),
      unsubscribe: (topic) => done.push(`${name} - ${topic}`),
    },
    sendPlaced: (events) => done.push(`${name} ${events.map(({ offset }) => offset).join(' ')}`),
  })
  return { fanout, counted, member, take: () => done.splice(0) }
}

const event = (offset: number, channel: Channel = A): PlacedEvent => placed(channel, offset)

t.test('events go to the topics of their channels, in order; those of nobody go nowhere', async (t) => {
  const { fanout, counted, member, take } = setUp()
  const [one, two] = [member('one'), member('two')]
  t.equal(fanout.addMember(A, one), A)
  fanout.addMember(A, two)
  t.strictSame(take(), ['one + j:n/a', 'two + j:n/a'])
  fanout.publish([event(1), event(2, B), event(3)])
  t.strictSame(take(), ['j:n/a 1', 'j:n/a 3'])
  t.strictSame(counted, [[2, 4]], 'counted once for all of them')
  fanout.removeMember(A, one)
  fanout.removeMember(A, two)
  t.strictSame(take(), ['one - j:n/a', 'two - j:n/a'])
  fanout.removeMember(A, two)
  fanout.publish([event(4)])
  t.strictSame(take(), [])
  t.equal(counted.length, 1)
})

t.test('a frame is built for each encoding that has members, and for no other', async (t) => {
  const { fanout, counted, member, take } = setUp()
  fanout.addMember(A, member('one', 'msgpack'))
  fanout.addMember(A, member('two', 'msgpack'))
  take()
  fanout.publish([event(2)])
  t.strictSame(take(), ['m:n/a binary'])
  fanout.addMember(A, member('three'))
  take()
  fanout.publish([event(3)])
  t.strictSame(take(), ['j:n/a 3', 'm:n/a binary'])
  t.strictSame(counted, [
    [1, 2],
    [1, 3],
  ])
})

t.test(
  'a user with one connection has no topic: what is for it goes in one write, in the order of the log',
  async (t) => {
    const { fanout, counted, member, take } = setUp()
    const [zoe, yan] = [member('zoe'), member('yan', 'msgpack')]
    fanout.addMember(ZOE, zoe)
    fanout.addMember(YAN, yan)
    t.strictSame(take(), [])
    fanout.publish([event(1, ZOE), event(2, YAN), event(3, ZOE)])
    t.strictSame(take(), ['zoe 1 3', 'yan 2'])
    fanout.addMember(A, zoe)
    take()
    fanout.publish([event(4, ZOE), event(5), event(6, ZOE)])
    t.strictSame(take(), ['zoe 4', 'j:n/a 5', 'zoe 6'], 'before and behind what is published')
    t.strictSame(counted, [
      [3, 3],
      [3, 3],
    ])
    t.strictSame(fanout.topicsOf(zoe, [ZOE, A, B]), ['j:n/a'])
    fanout.removeMember(ZOE, yan)
    fanout.removeMember(ZOE, zoe)
    fanout.publish([event(7, ZOE)])
    t.strictSame(take(), [])
  },
)

t.test('with a second connection it has one, until the last has gone', async (t) => {
  const { fanout, member, take } = setUp()
  const [phone, desk] = [member('phone'), member('desk', 'msgpack')]
  fanout.addMember(ZOE, phone)
  fanout.addMember(ZOE, desk)
  t.strictSame(take(), ['phone + j:u/zoe', 'desk + m:u/zoe'])
  fanout.publish([event(1, ZOE)])
  t.strictSame(take(), ['j:u/zoe 1', 'm:u/zoe binary'])
  fanout.removeMember(ZOE, desk)
  fanout.publish([event(2, ZOE)])
  t.strictSame(take(), ['desk - m:u/zoe', 'j:u/zoe 2'])
  fanout.removeMember(ZOE, phone)
  take()
  fanout.addMember(ZOE, desk)
  fanout.publish([event(3, ZOE)])
  t.strictSame(take(), ['desk 3'])
})

t.test('who lags is neither subscribed nor sent to: its laggard gets each event', async (t) => {
  const { fanout, counted, member, take } = setUp()
  const lagging = member('lagging', 'json', {})
  const late: number[] = []
  const channels = new Set([ZOE, A])
  fanout.addLaggard({
    channels: channels as never,
    late: ({ offset }) => late.push(offset),
  })
  fanout.addMember(ZOE, lagging)
  fanout.addMember(A, lagging)
  t.strictSame(take(), [])
  fanout.publish([event(1, ZOE), event(2, A)])
  t.strictSame(take(), ['j:n/a 2'])
  t.strictSame(late, [1, 2])
  t.strictSame(counted, [[2, 2]], 'they count as delivered to it')
  fanout.removeMember(A, lagging)
  t.strictSame(take(), [], 'it was not subscribed')
})
