/** What `over` may pay, and to whom. */
import t from 'tap'
import { defineGame, t as type } from '../../src/games/index.ts'
import { GameRun } from '../../src/games/run.ts'
import { simulate } from '../../src/games/testing/index.ts'
import { input, join, TestRoom } from './helpers/room.ts'

/** Ends with the rewards that it is given. */
function payer(rewards: unknown) {
  return defineGame({
    name: 'payer',
    version: 1,
    hz: 0,
    seats: { max: 4, guests: true, lateJoin: true },
    state: type.object({ isOver: type.boolean() }),
    inputs: { end: { type: type.object({}) } },
    create: () => ({ isOver: false }),
    on: { end: (state) => void (state.isOver = true) },
    over: ({ isOver }) => isOver && { rewards: rewards as never },
    bots: { easy: () => [] },
  })
}

const gold = (user: string, amount = 5) => ({ user, currency: 'gold', amount })

t.test('those who have a seat are paid, and those who had one; guests and bots are passed over', (t) => {
  const game = payer(['ann', 'bob', 'guest-1', 'bot-1', 'ann'].map((user) => gold(user)))
  const room = new TestRoom(game)
  room.step(join('ann'), join('bob'), join('guest-1', true), { kind: 'bot', bot: 'easy' })
  room.step({ kind: 'leave', user: 'bob', why: 'left' }, { kind: 'leave', user: 'guest-1', why: 'left' })
  const elsewhere = GameRun.restore(game, JSON.parse(JSON.stringify(room.run.checkpoint())))
  for (const run of [room.run, elsewhere]) {
    const { ending, failures } = run.step([input('ann', 'end')], 0)
    t.strictSame(failures, [])
    t.strictSame(ending?.rewards, [gold('ann'), gold('bob'), gold('ann')])
  }
  t.end()
})

t.test('a reward for a user who has had no seat is a failure, and so is each that the ledger cannot take', (t) => {
  const wrong: readonly (readonly [rewards: unknown, message: RegExp])[] = [
    [[gold('ann'), gold('eve')], /a reward for "eve", who has had no seat/],
    // Was refused a seat.
    [[gold('dan')], /a reward for "dan", who has had no seat/],
    [[gold('ann', 0)], /a reward of 0: an integer from 1/],
    [[gold('ann', 2 ** 53)], /an integer from 1/],
    [[{ ...gold('ann'), currency: 'gold coins' }], /a reward in "gold coins"/],
    [[{ ...gold('ann'), currency: '__proto__' }], /a reward in "__proto__"/],
    [[{ ...gold('ann'), currency: '' }], /a reward in ""/],
    [Array.from({ length: 101 }, () => gold('ann')), /100/],
  ]
  for (const [rewards, message] of wrong) {
    const room = new TestRoom(payer(rewards))
    room.step(...['ann', 'bob', 'cat', 'eli', 'dan'].map((user) => join(user)))
    const { ending, failures } = room.step(input('ann', 'end'))
    t.equal(ending, undefined, 'the match goes on')
    t.match(String(failures[0]?.error), message)
  }
  t.end()
})

t.test('a result that is too large for the log is a failure', (t) => {
  const large = defineGame({
    name: 'large',
    version: 1,
    hz: 0,
    seats: { max: 1 },
    state: type.object({ isOver: type.boolean() }),
    create: () => ({ isOver: false }),
    join: (state) => void (state.isOver = true),
    over: ({ isOver }) => isOver && { result: 'x'.repeat(300_000) },
  })
  const { failures } = new TestRoom(large).step(join('ann'))
  t.match(String(failures[0]?.error), /a result of more than 262144 characters/)
  t.end()
})

t.test('a simulated room shows what it pays', (t) => {
  const room = simulate(payer([gold('ann'), gold('bot-1')]))
  room.join('ann')
  t.strictSame(room.rewards, [])
  room.input('ann', 'end', {})
  t.strictSame(room.rewards, [gold('ann')])
  const wrong = simulate(payer([gold('eve')]))
  wrong.join('ann')
  wrong.input('ann', 'end', {})
  t.match(wrong.failures, [{ callback: 'over', error: { message: /who has had no seat/ } }])
  t.end()
})
