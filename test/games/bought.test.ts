import t from 'tap'
import { defineGame, t as type, type Receipt } from '../../src/games/index.ts'
import { GameRun } from '../../src/games/run.ts'
import { bought, input, join, TestRoom } from './helpers/room.ts'

/** Knows what everybody has, and fails for one good. */
const shop = defineGame({
  name: 'shop',
  version: 1,
  hz: 10,
  seats: { max: 4 },
  state: type.object({ heard: type.array(type.string(200)) }),
  inputs: { go: { type: type.object({}) } },
  create: () => ({ heard: [] }),
  join: (state, seat) => void state.heard.push(`${seat.id} has ${JSON.stringify(seat.inventory)}`),
  bought(state, seat, receipt: Receipt) {
    state.heard.push(`${seat.id} bought ${receipt.count} ${receipt.good_id}, has ${JSON.stringify(seat.inventory)}`)
    if (receipt.good_id === 'bomb') throw new Error('no bombs')
  },
  on: { go: () => {} },
})

const heardIn = (room: TestRoom) => (room.state as { heard: readonly string[] }).heard
const kindsOf = (room: TestRoom) =>
  room.result?.outcomes.map((outcome) => (outcome.kind === 'refused' ? outcome.code : outcome.kind))

t.test('a seat has what its player owned, and each purchase behind that once', (t) => {
  const room = new TestRoom(shop)
  room.step(join('ann', false, { inventory: { hat: 2 }, ledgerEntry: 7 }))
  room.step(bought('ann', 7), bought('ann', 8, { after: 7, count: 3 }), bought('ann', 8, { after: 7 }))
  room.step(bought('ann', 12, { after: 8, good: 'constructor' }), bought('ann', 9, { after: 8 }))
  t.strictSame(heardIn(room), [
    'ann has {"hat":2}',
    'ann bought 3 hat, has {"hat":5}',
    'ann bought 1 constructor, has {"hat":5,"constructor":1}',
  ])
  t.end()
})

t.test('a purchase behind one that is missing does not enter, and does when that has', (t) => {
  const room = new TestRoom(shop)
  room.step(join('ann', false, { ledgerEntry: 2 }), bought('ann', 5, { after: 4 }), bought('bob', 1))
  t.strictSame(kindsOf(room), ['done', 'CONFLICT', 'NOT_IN_ROOM'])
  room.step(bought('ann', 4, { after: 2, good: 'cap' }), bought('ann', 5, { after: 4 }))
  t.strictSame(kindsOf(room), ['done', 'done'])
  t.strictSame(heardIn(room).slice(1), ['ann bought 1 cap, has {"cap":1}', 'ann bought 1 hat, has {"cap":1,"hat":1}'])
  t.end()
})

t.test("a purchase that the game fails over is the seat's all the same, and does not come again", (t) => {
  const room = new TestRoom(shop)
  room.step(join('ann'), bought('ann', 1, { good: 'bomb' }))
  t.strictSame(kindsOf(room), ['done', 'failed'])
  t.match(room.run.seats, [{ inventory: { bomb: 1 } }])
  room.step(bought('ann', 1, { good: 'bomb' }))
  t.strictSame(kindsOf(room), ['done'])
  t.strictSame(heardIn(room), ['ann has {}'])
  t.end()
})

t.test('a seat that is taken anew begins with what it is given then', (t) => {
  const room = new TestRoom(shop)
  room.step(join('ann', false, { ledgerEntry: 3 }), bought('ann', 4, { after: 3 }))
  room.step({ kind: 'leave', user: 'ann', why: 'left' }, join('ann', false, { inventory: { hat: 1 }, ledgerEntry: 4 }))
  room.step(bought('ann', 4, { after: 3 }), bought('ann', 5, { after: 4 }), input('ann', 'go'))
  t.strictSame(heardIn(room).slice(2), ['ann has {"hat":1}', 'ann bought 1 hat, has {"hat":2}'])
  t.end()
})

t.test('a room that goes on from a checkpoint knows what it has heard', (t) => {
  const room = new TestRoom(shop)
  room.step(join('ann', false, { ledgerEntry: 3 }), bought('ann', 4, { after: 3 }))
  const run = GameRun.restore(shop, JSON.parse(JSON.stringify(room.run.checkpoint())))
  run.step([bought('ann', 4, { after: 3 }), bought('ann', 6, { after: 4 })], 0)
  t.match(run.seats, [{ inventory: { hat: 2 }, ledgerEntry: 6 }])
  t.end()
})
