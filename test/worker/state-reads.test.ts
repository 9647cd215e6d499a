import t from 'tap'
import { StateReads } from '../../src/commands/state-reads.ts'
import type { StoredState } from '../../src/link/methods/rooms.ts'
import { Refusal } from '../../src/protocol/errors.ts'
import type { Channel } from '../../src/protocol/ids.ts'

const ARENA = 'r/private/arena' as Channel
const LOBBY = 'r/private/lobby' as Channel

function setUp() {
  const begun: { channel: Channel; untilMs: number; done: (result: StoredState | Refusal) => void }[] = []
  const reads = new StateReads((channel, done, untilMs) => void begun.push({ channel, done, untilMs }))
  const told: string[] = []
  const ask = (who: string, channel: Channel, untilMs = 100) => {
    const done = (result: StoredState | Refusal) =>
      void told.push(`${who} ${result instanceof Refusal ? result.code : result.offset}`)
    reads.read(channel, done, untilMs)
  }
  const answer = (offset: number) => begun.shift()?.done({ state: null, offset })
  return { begun, told, ask, answer }
}

t.test('one read is for all who asked before it began, and for nobody who asked later', async (t) => {
  const { begun, told, ask, answer } = setUp()
  for (const who of ['a', 'b', 'c']) ask(who, ARENA)
  t.equal(begun.length, 1)
  answer(1)
  t.strictSame(told, ['a 1'], 'those behind it asked when it had begun')
  t.equal(begun.length, 1)
  ask('d', ARENA)
  answer(2)
  t.strictSame(told, ['a 1', 'b 2', 'c 2'])
  answer(3)
  t.strictSame(told, ['a 1', 'b 2', 'c 2', 'd 3'])
  t.equal(begun.length, 0)
  ask('e', ARENA)
  answer(4)
  t.equal(told.at(-1), 'e 4')
})

t.test('channels do not wait for each other', async (t) => {
  const { begun, ask } = setUp()
  ask('a', ARENA)
  ask('b', LOBBY)
  t.strictSame(
    begun.map(({ channel }) => channel),
    [ARENA, LOBBY],
  )
})

t.test('a read has the deadline of who has waited longest, and a refusal is for all of its askers', async (t) => {
  const { begun, told, ask, answer } = setUp()
  ask('a', ARENA, 10)
  ask('b', ARENA, 20)
  ask('c', ARENA, 30)
  t.equal(begun[0]?.untilMs, 10)
  answer(1)
  t.equal(begun[0]?.untilMs, 20)
  begun[0]?.done(new Refusal('UNAVAILABLE', 'the store does not answer'))
  t.strictSame(told, ['a 1', 'b UNAVAILABLE', 'c UNAVAILABLE'])
})
