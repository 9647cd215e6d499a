import t from 'tap'
import type { Channel } from '../../src/protocol/ids.ts'
import { StateBudget } from '../../src/rooms/state-budget.ts'
import { openHouse } from '../helpers/house/open-house.ts'

const [A, B] = ['r/private/a', 'r/private/b'] as [Channel, Channel]

t.test('what is there may be replaced by what is no larger, however full it is', async (t) => {
  const budget = new StateBudget(100)
  budget.note(A, 150)
  t.equal(budget.take(B, 1), undefined)
  t.equal(budget.take(A, 151), undefined)
  t.ok(budget.take(A, 90))
  const giveBack = budget.take(B, 10)
  t.equal(budget.bytes, 100)
  giveBack?.()
  t.equal(budget.bytes, 90)
  budget.forget(A)
  t.equal(budget.bytes, 0)
})

t.test(
  'one player cannot fill the store with the states of fresh rooms, and rooms that are gone give their place back',
  async (t) => {
    const { enter, pass } = await openHouse(t, { env: { RETAINED_BYTES: '64KiB', HISTORY_TTL: '10s' } })
    const alice = await enter('alice')
    const retain = async (room: string) => {
      await alice.ask('core.game.room.join', { room_id: room })
      const reply = await alice.ask(
        'core.game.state.broadcast',
        { message: 'x'.repeat(10_000), retain: true },
        { room },
      )
      await alice.ask('core.game.room.leave', { room_id: room })
      return reply
    }
    for (let i = 0; i < 6; i++) t.match(await retain(`room-${i}`), { success: true })
    t.match(await retain('room-6'), { success: false, error: { code: 'OVERLOADED', retryable: true } })
    t.match(await retain('room-5'), { success: true }, 'in the place of its own')
    await pass(15_000)
    t.match(await retain('room-7'), { success: true })
  },
)
