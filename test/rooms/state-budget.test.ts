import t from 'tap'
import type { Channel } from '../../src/protocol/ids.ts'
import { STATE_OVERHEAD_BYTES, StateBudget } from '../../src/rooms/state-budget.ts'
import { openHouse } from '../helpers/house/open-house.ts'

const [A, B, C] = ['r/private/a', 'r/private/b', 'r/private/c'] as [Channel, Channel, Channel]

const OVER = STATE_OVERHEAD_BYTES
const MAX = { bytesMax: 100 + 2 * OVER, bytesPerOwnerMax: 60 + 2 * OVER, statesPerOwnerMax: 2 }

t.test('what is there may be replaced by what is no larger, however full it is', async (t) => {
  const budget = new StateBudget({ ...MAX, bytesMax: 100 + OVER })
  budget.note(A, 150)
  t.equal(budget.take(B, 1, undefined), 'all')
  t.equal(budget.take(A, 151, undefined), 'all')
  t.type(budget.take(A, 90, undefined), 'function')
  t.equal(budget.take(B, 10, undefined), 'all', 'each has its overhead')
  budget.forget(A)
  t.equal(budget.bytes, 0)
})

t.test('a place is given back, unless another state has taken it meanwhile', async (t) => {
  const budget = new StateBudget(MAX)
  const take = (bytes: number) => budget.take(A, bytes, 'alice') as () => void
  const [one, two] = [take(10), take(20)]
  one()
  t.equal(budget.bytes, 20 + OVER)
  two()
  t.equal(budget.bytes, 10 + OVER)
})

t.test('one who retains has a budget of bytes and one of states', async (t) => {
  const budget = new StateBudget({ ...MAX, bytesMax: 1 << 20 })
  t.type(budget.take(A, 50, 'alice'), 'function')
  t.equal(budget.take(B, 11, 'alice'), 'owner', 'bytes')
  t.type(budget.take(B, 10, 'alice'), 'function')
  t.equal(budget.take(C, 0, 'alice'), 'owner', 'states')
  t.type(budget.take(C, 50, 'bob'), 'function')
  t.type(budget.take(C, 500, undefined), 'function', 'an operator has none')
  t.type(budget.take(A, 50, 'bob'), 'function', 'whoever put it last has it')
  t.type(budget.take(C, 0, 'alice'), 'function', 'and the one before has room')
  budget.note(A, 1)
  for (const channel of [A, B, C]) budget.forget(channel)
  t.strictSame([budget.bytes, budget.states], [0, 0])
  t.type(budget.take(A, 60, 'bob'), 'function')
})

t.test(
  'one player cannot fill the store with the states of fresh rooms, and rooms that are gone give their place back',
  async (t) => {
    const { enter, pass } = await openHouse(t, {
      env: { RETAINED_BYTES: '64KiB', RETAINED_BYTES_PER_USER: '64KiB', HISTORY_TTL: '10s' },
    })
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
