import t from 'tap'
import { Fanout, topicOf } from '../../src/fanout/fanout.ts'
import type { WireEntry } from '../../src/link/methods.ts'
import type { Channel } from '../../src/protocol/ids.ts'

const A = 'n/a' as Channel

function setUp(intervalMs = 10) {
  let nowMs = 1000
  const done: string[] = []
  const timers: { action: () => void; atMs: number }[] = []
  let deliveries = 0
  const fanout = new Fanout({
    publish: (topic, frame) =>
      done.push(
        `${topic} ${
          Buffer.from(frame)
            .toString()
            .match(/"offset":(\d+)/)?.[1] ?? 'binary'
        }`,
      ),
    intervalMs,
    clock: { nowMs: () => nowMs, wallMs: () => nowMs },
    schedule: (action, delayMs) => timers.push({ action, atMs: nowMs + delayMs }),
    onPublished: (count) => {
      deliveries += count
    },
  })
  const advance = (ms: number) => {
    nowMs += ms
    for (const timer of timers.splice(0))
      if (timer.atMs <= nowMs) timer.action()
      else timers.push(timer)
  }
  return { fanout, done, advance, deliveries: () => deliveries }
}

const entry = (offset: number, channel = A): WireEntry => [offset, offset - 1, channel, Buffer.from('{"id":"x"}')]

t.test('an event goes at once when nothing went out in the last interval, else at its end', async (t) => {
  const { fanout, done, advance } = setUp()
  fanout.addMember(A, 'json')
  fanout.add([entry(1)])
  t.strictSame(done, ['j:n/a 1'], 'at once')
  advance(3)
  fanout.add([entry(2)])
  advance(3)
  fanout.add([entry(3)])
  t.equal(done.length, 1, 'gathered')
  advance(4)
  t.strictSame(done, ['j:n/a 1', 'j:n/a 2', 'j:n/a 3'])
  advance(10)
  fanout.add([entry(4)])
  t.equal(done.length, 4, 'at once again')
})

t.test('an action runs between what came before it and what comes after', async (t) => {
  const { fanout, done, advance } = setUp()
  fanout.addMember(A, 'json')
  fanout.add([entry(1)])
  fanout.add([entry(2)])
  fanout.inOrder(() => done.push('action'))
  fanout.add([entry(3)])
  advance(10)
  t.strictSame(done, ['j:n/a 1', 'j:n/a 2', 'action', 'j:n/a 3'])
})

t.test('a frame is built for each encoding that has members, and for no other', async (t) => {
  const { fanout, done, deliveries } = setUp(0)
  fanout.add([entry(1)])
  t.strictSame(done, [], 'nobody')
  fanout.addMember(A, 'msgpack')
  fanout.addMember(A, 'msgpack')
  fanout.add([entry(2)])
  t.strictSame(done, [`${topicOf(A, 'msgpack')} binary`])
  t.equal(deliveries(), 2)
  fanout.addMember(A, 'json')
  fanout.removeMember(A, 'msgpack')
  fanout.removeMember(A, 'msgpack')
  fanout.add([entry(3)])
  t.equal(done.at(-1), `${topicOf(A, 'json')} 3`)
  t.equal(deliveries(), 3)
})
