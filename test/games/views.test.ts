/** What those with one key see, and from which ticks there is a patch. */
import t from 'tap'
import { defineGame } from '../../src/games/define.ts'
import { t as type } from '../../src/games/types.ts'
import { View } from '../../src/games/views.ts'
import { input, join, TestRoom } from './helpers/room.ts'

const still = defineGame({
  name: 'still',
  version: 1,
  hz: 10,
  seats: { max: 2 },
  state: type.object({ n: type.uint32() }),
  inputs: { add: { type: type.object({}) } },
  create: () => ({ n: 0 }),
  on: { add: (state) => void state.n++ },
})

t.test('what was seen before the last seconds is known for as long as it was what is seen then', async (t) => {
  const room = new TestRoom(still)
  room.step(join('ann'))
  const view = new View(room.run, '', { number: 0, ticksKept: 20 })
  view.takeHash()
  const first = view.tree
  for (let i = 0; i < 100; i++) {
    room.step()
    t.equal(view.advance(false), undefined)
  }
  room.step(input('ann', 'add'))
  t.equal(view.advance(false), 1, 'a patch from the tick of the version before, however old')
  t.equal(view.at(1), first, 'so a reader that was not told for long can catch up')
  for (let i = 0; i < 30; i++) {
    room.step(input('ann', 'add'))
    view.advance(false)
  }
  t.equal(view.at(1), undefined)
  t.ok(view.at(room.run.tick - 20))
})
